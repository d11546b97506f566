"""A trajectory controller of one joint group: linear through the points of its newest goal."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class JointTrajectory:
    """A goal of a trajectory controller.

    Attributes:
        names: (n,) joints.
        positions: (points, n) to go through [rad, m].
        times_s: (points,) rising, from the time at which the goal comes [s].
    """

    names: tuple[str, ...]
    positions: Array
    times_s: tuple[float, ...]


class Interpolator:
    """Setpoints of joints that are led along lines, each by the newest goal that names it."""

    def __init__(self, joint_names: Sequence[str], position: Array) -> None:
        """Hold `position` (n,) [rad, m]."""
        self._where = {name: i for i, name in enumerate(joint_names)}
        self._held = position.copy()
        # Joints, times and knots of the goals not reached yet; no joint is in two of them.
        self._running: list[tuple[NDArray[np.int64], Array, Array]] = []

    def take(self, goal: JointTrajectory, now_s: float) -> None:
        """Follow a goal from the present setpoint on.

        Raises:
            KeyError: It names a joint that there is not.
        """
        where = np.array([self._where[name] for name in goal.names])
        self._held = self.at(now_s)
        taken = np.zeros(len(self._held), bool)
        taken[where] = True
        running = []
        for joints, times_s, knots in self._running:
            kept = ~taken[joints]
            if times_s[-1] > now_s and kept.any():
                running.append((joints[kept], times_s, knots[:, kept]))
        knots = np.vstack((self._held[where], goal.positions))
        self._running = [*running, (where, now_s + np.append(0.0, goal.times_s), knots)]

    def at(self, now_s: float) -> Array:
        """Return the setpoints (n,) at a time [s]."""
        setpoint = self._held.copy()
        for where, times_s, knots in self._running:
            after = min(int(np.searchsorted(times_s, now_s, side="right")), len(times_s) - 1)
            span_s = times_s[after] - times_s[after - 1]
            share = 1.0 if span_s == 0 else min(1.0, (now_s - times_s[after - 1]) / span_s)
            setpoint[where] = knots[after - 1] + share * (knots[after] - knots[after - 1])
        return setpoint
