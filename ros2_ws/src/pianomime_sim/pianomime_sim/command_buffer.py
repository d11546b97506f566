"""Buffer that merges the commands of the joint groups."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pianomime.command import Command, line_weights
from pianomime.hands.hands_model import PEDAL, PEDAL_DOWN_ABOVE
from pianomime.safety.checks import check_finite, check_names, check_points
from pianomime.safety.gate_types import GateResult, Request
from pianomime.timing import Timing

Array = NDArray[np.float64]


class CommandBuffer:
    """Newest command of each joint group, merged into one command of all joints."""

    def __init__(
        self, joint_names: Sequence[str], groups: Mapping[str, Sequence[str]], timing: Timing
    ) -> None:
        """Create the buffer; initial targets are 0.

        Args:
            joint_names: (n,) joints in the order of `command`, without the pedal.
            groups: Joints of each group, the pedal's included.
            timing: Timing of the commands.
        """
        self._where = {name: i for i, name in enumerate((*joint_names, PEDAL))}
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
        """Return the command of all joints.

        A command is executed once; afterwards its last target is held.
        """
        times_s = sorted(
            {time_s for *_, own_s in self._lines.values() for time_s in own_s} or {0.0}
        )
        target = np.tile(self._last, (len(times_s), 1))
        for where, positions, own_s in self._lines.values():
            values = np.vstack((self._last[where], positions))
            target[:, where] = line_weights(own_s, times_s) @ values
        self._last = target[-1].copy()
        self._lines.clear()
        return Command(target[:, :-1], target[:, -1] > PEDAL_DOWN_ABOVE, tuple(times_s))
