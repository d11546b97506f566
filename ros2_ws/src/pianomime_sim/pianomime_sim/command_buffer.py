"""Buffer that merges the commands of the joint groups."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pianomime.command import Command
from pianomime.hands.hands_model import PEDAL, PEDAL_DOWN_ABOVE
from pianomime.safety.checks import check_finite, check_names, check_points
from pianomime.safety.gate_types import GateResult, Request
from pianomime.timing import Timing

Array = NDArray[np.float64]


class CommandBuffer:
    """Newest command of each joint group, merged into one command of all joints."""

    def __init__(self, groups: Mapping[str, Sequence[str]], timing: Timing) -> None:
        """Create the buffer for `groups`; initial targets are 0.

        The order of the joints is that of `groups`, with the pedal's group last.
        """
        names = [name for own in groups.values() for name in own]
        self.joint_names = (*(name for name in names if name != PEDAL), PEDAL)
        self._where = {name: i for i, name in enumerate(self.joint_names)}
        self._groups = {group: frozenset(own) for group, own in groups.items()}
        self._timing = timing
        self.clear()

    def clear(self) -> None:
        """Clear all commands."""
        self._stamps: dict[str, float] = {}
        self._lines: dict[str, tuple[list[int], Array, tuple[float, ...]]] = {}
        self._last = np.zeros(len(self._where))  # targets in force when a decision begins

    def take(self, group: str, request: Request) -> GateResult | None:
        """Store a group's command, joints in any order; return the verdict if it is invalid."""
        unfit = (
            check_points(request, self._timing.decision_s)
            or check_finite(request)
            or check_names(request.names, self._groups[group])
        )
        if unfit is None:
            where = [self._where[name] for name in request.names]
            self._lines[group] = where, np.array(request.positions), tuple(request.times_s)
            self._stamps[group] = request.stamp_s
        return unfit

    def stamp_of_all(self) -> float | None:
        """Return the common stamp of the newest commands of all groups [s]; None if they differ."""
        stamps = set(self._stamps.values())
        return stamps.pop() if len(self._stamps) == len(self._groups) and len(stamps) == 1 else None

    def command(self) -> Command:
        """Return the command of all joints, in the order of `joint_names` without the pedal.

        A command is executed once; afterwards its last target is held.
        """
        times_s = sorted(
            {time_s for *_, own_s in self._lines.values() for time_s in own_s} or {0.0}
        )
        target = np.tile(self._last, (len(times_s), 1))
        for where, positions, own_s in self._lines.values():
            begin = self._last[where]
            knots = (0.0, *own_s) if own_s[0] else own_s
            values = np.vstack((begin, positions)) if own_s[0] else positions
            for column, joint in enumerate(where):
                target[:, joint] = np.interp(times_s, knots, values[:, column])
        self._last = target[-1].copy()
        self._lines.clear()
        return Command(target[:, :-1], target[:, -1] > PEDAL_DOWN_ABOVE, tuple(times_s))
