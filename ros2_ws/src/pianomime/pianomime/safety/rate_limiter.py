"""Limits of velocity and acceleration on a stream of targets."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


_AT_ONCE_S: Final = 1e-6
"""Taken for no time at all: nothing can move."""


def intervals_s(times_s: Sequence[float], decision_s: float) -> list[float]:
    """Return the time that the hands have to get to each point of a command [s].

    To a point at time 0 it is what the command before, if it was alike, left of its decision: all
    intervals of a command together are no longer than a decision.
    """
    first_s = times_s[0] or max(decision_s - times_s[-1], _AT_ONCE_S)
    return [first_s, *np.diff(times_s).tolist()]


class RateLimiter:
    """Follows targets as closely as the limits allow, and stops in time.

    Attributes:
        last: (n,) the target passed last [rad, m].
        velocity: (n,) of the targets passed [rad/s, m/s].
    """

    def __init__(self, lower: Array, upper: Array) -> None:
        """Stand still in the middle of [lower, upper], without limits of motion.

        `restart` sets where the hands really are.
        """
        self._lower, self._upper = lower, upper
        self.set_limits(np.full(len(lower), np.inf), np.full(len(lower), np.inf))
        self.restart((lower + upper) / 2)

    def set_limits(self, max_velocity: Array, max_acceleration: Array) -> None:
        """Set limits (n,) [rad/s, m/s] and [rad/s^2, m/s^2]."""
        self._max_velocity, self._max_acceleration = max_velocity, max_acceleration

    def restart(self, position: Array) -> None:
        """Go on from standing still at `position` (n,)."""
        self.last = position.copy()
        self.velocity = np.zeros(len(position))

    def follow(self, target: Array, dt_s: float) -> Array:
        """Return the target (n,) to pass, `target` itself where it may be.

        Args:
            target: (n,) requested.
            dt_s: Time since the last one [s].
        """
        way = target - self.last
        step, change = self._max_velocity * dt_s, self._max_acceleration * dt_s**2
        # Fast enough to arrive, slow enough to come to a stop there.
        most = np.minimum(step, np.sqrt(2 * change * np.abs(way)) + change)
        before = self.velocity * dt_s
        moved = np.clip(np.clip(way, -most, most), before - change, before + change)
        moved = np.clip(moved, -step, step)
        follower = np.where(moved == way, target, self.last + moved)
        inside = np.clip(follower, self._lower, self._upper)  # an end stop stops at once
        moved = np.where(inside == follower, moved, inside - self.last)
        self.velocity = moved / dt_s
        self.last = inside
        return inside

    def brake(self, target: Array, dt_s: float) -> Array:
        """Return the target (n,) to pass on the way to `target`, whatever the acceleration."""
        step = self._max_velocity * dt_s
        moved = np.clip(target - self.last, -step, step)
        self.velocity = moved / dt_s
        self.last = self.last + moved
        return self.last

    def excess(self, target: Array, before: Array, dt_s: float) -> float:
        """Return by what factor the fastest joint exceeds its limit from `before` to `target`."""
        return float(np.max(np.abs(target - before) / (self._max_velocity * dt_s)))
