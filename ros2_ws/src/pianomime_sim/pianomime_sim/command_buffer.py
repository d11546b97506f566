"""Put the commands of all joint groups together into one."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pianomime.safety.checks import check_finite, check_names

Array = NDArray[np.float64]


class CommandBuffer:
    """Keep the newest command of each group, and tell when a whole set is there."""

    def __init__(self, joint_names: Sequence[str], groups: Mapping[str, Sequence[str]]) -> None:
        """Take commands for `groups` of `joint_names`; until one comes the targets are 0."""
        self._where = {name: i for i, name in enumerate(joint_names)}
        self._groups = {group: frozenset(names) for group, names in groups.items()}
        self.clear()

    def clear(self) -> None:
        """Forget all commands."""
        self._stamps: dict[str, float] = {}
        self.target: Array = np.zeros(len(self._where))

    def take(self, group: str, names: Sequence[str], position: Array, stamp_s: float) -> bool:
        """Store a group's command in any order of names; return False if it is unfit for the group.

        Args:
            group: Which controller it was sent to.
            names: Joints; exactly the group's.
            position: (len(names),) targets [rad, m].
            stamp_s: Start of the control step that it is for [s].
        """
        if check_finite(names, position) or check_names(names, self._groups[group]):
            return False
        self.target[[self._where[name] for name in names]] = position
        self._stamps[group] = stamp_s
        return True

    def stamp_of_all(self) -> float | None:
        """Return the stamp that the newest commands of all groups share; None if they differ."""
        stamps = set(self._stamps.values())
        return stamps.pop() if len(self._stamps) == len(self._groups) and len(stamps) == 1 else None
