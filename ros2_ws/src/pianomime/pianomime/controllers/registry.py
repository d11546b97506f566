"""The controllers that can be named: the project's own, and entry points of other packages.

A package adds one by an entry point of the group `pianomime.controllers`, named as the controller
and leading to its `Controller`.
"""

from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from pianomime.controllers.bundled import BUNDLED
from pianomime.controllers.controller import Controller, Preparation, describe
from pianomime.errors import ControllerError

GROUP: Final = "pianomime.controllers"

NODES: Final = frozenset({
    "description", "emulator", "gate", "goals", "midi_keyboard", "perception", "recorder",
    "shadow_bridge", "sim", "video_source", "view",
})  # fmt: skip
"""Names of nodes that are not controllers, and so no controller's."""


@dataclass(frozen=True)
class ControllerTable:
    """All controllers.

    Attributes:
        rows: The usable ones, by name.
        broken: Name of each entry point that cannot be used, and one line that says why.
    """

    rows: dict[str, Controller] = field(default_factory=dict)
    broken: list[tuple[str, str]] = field(default_factory=list)

    @property
    def preparations(self) -> dict[str, Preparation]:
        """Ways to prepare controllers for bench, by name."""
        return {p.name: p for row in self.rows.values() for p in row.preparations}

    def add(self, row: Controller) -> None:
        """Add a row.

        Raises:
            ControllerError: A name of it is taken.
        """
        names = {row.name, *(p.name for p in row.preparations)}
        taken = names & (self.rows.keys() | self.preparations.keys() | NODES)
        if taken:
            raise ControllerError(f"the name {min(taken)!r} is taken already")
        self.rows[row.name] = row


@cache
def controller_table() -> ControllerTable:
    """Return the project's controllers and those of all installed packages, which this imports."""
    table = ControllerTable()
    for row in BUNDLED:
        table.add(row)
    for entry in _entry_points():
        try:
            table.add(_row(entry))
        except ControllerError as error:
            package = entry.dist.name if entry.dist else "unknown"
            line = f"controller {entry.name!r} of package {package} ({entry.value}): {error}"
            table.broken.append((entry.name, line))
    return table


def controller_names() -> tuple[str, ...]:
    """Return the names of all controllers, usable or not; imports none of them."""
    return tuple(
        dict.fromkeys([*(row.name for row in BUNDLED), *(e.name for e in _entry_points())])
    )


def find_controller(name: str) -> Controller:
    """Return the controller called `name`.

    Raises:
        ControllerError: There is none, or its package does not describe it properly.
    """
    rows = controller_table().rows
    if name not in rows:
        raise _refusal(name, rows)
    return rows[name]


def find_preparation(name: str) -> Preparation:
    """Return the way to prepare a controller that bench knows as `name`.

    Raises:
        ControllerError: There is none, or its package does not describe it properly.
    """
    preparations = controller_table().preparations
    if name not in preparations:
        raise _refusal(name, preparations)
    return preparations[name]


def _refusal(name: str, legal: dict[str, Controller] | dict[str, Preparation]) -> ControllerError:
    for broken, why in controller_table().broken:
        if broken == name:
            return ControllerError(why)
    if name in controller_table().rows:
        return ControllerError(f"controller {name!r}: cannot be benched, only played")
    return ControllerError(f"controller {name!r}: must be one of {', '.join(legal)}")


def _entry_points() -> list[EntryPoint]:
    """Return the entry points of other packages, always in the same order."""
    return sorted(entry_points(group=GROUP), key=lambda e: (e.dist.name if e.dist else "", e.name))


def _row(entry: EntryPoint) -> Controller:
    try:
        row = entry.load()
    except (Exception, SystemExit) as error:  # whatever the package raises when it is imported
        raise ControllerError(describe(error)) from error
    if not isinstance(row, Controller):
        raise ControllerError(f"is of type {type(row).__name__}; must be a Controller")
    if row.name != entry.name:
        raise ControllerError(f"is named {row.name!r}; must be named as its entry point")
    return row
