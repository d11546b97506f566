"""Interpolation of the states, which arrive at 20 Hz, to the display's frame rate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Keys = NDArray[np.bool_]


@dataclass(frozen=True)
class Instant:
    """State of hands, keys and score at one instant.

    Attributes:
        stamp_s: Time [s, ROS time].
        joint_position: (n,) positions of the hand joints [rad, m].
        key_position: (88,) key positions, 0 up .. 1 down.
        score_time_s: Score time [s].
        goal_keys: (88,) goal keys.
        active: (88,) keys that count as pressed.
    """

    stamp_s: float
    joint_position: Array
    key_position: Array
    score_time_s: float
    goal_keys: Keys
    active: Keys


class Motion:
    """Linear interpolation between the last two instants, with one instant of delay."""

    def __init__(self) -> None:
        """Initialise without instants."""
        self._before: Instant | None = None
        self._after: Instant | None = None
        self._came_s = 0.0

    def take(self, instant: Instant, now_s: float) -> None:
        """Add the next instant, received at `now_s` [s, steady clock]."""
        if self._after is not None and instant.stamp_s == self._after.stamp_s:
            return  # a paused simulation repeats its state
        self._before, self._after, self._came_s = self._after, instant, now_s

    def at(self, now_s: float) -> Instant | None:
        """Return the state to show at `now_s` [s, steady clock]; None before the first instant."""
        after, before = self._after, self._before
        if after is None or before is None:
            return after
        step_s = after.stamp_s - before.stamp_s
        part = (now_s - self._came_s) / step_s if step_s > 0 else 1.0
        if part >= 1.0:
            return after
        return Instant(
            before.stamp_s + part * step_s,
            before.joint_position + part * (after.joint_position - before.joint_position),
            before.key_position + part * (after.key_position - before.key_position),
            before.score_time_s + part * (after.score_time_s - before.score_time_s),
            before.goal_keys,
            before.active,
        )
