"""Keep a stream of targets within limits of velocity and acceleration."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class RateLimiter:
    """Follows the targets it is given as closely as the limits let it, and stops in time."""

    def __init__(self, lower: Array, upper: Array, dt_s: float) -> None:
        """Stand still in the middle, without limits; for targets (n,) in [lower, upper].

        Targets come `dt_s` apart; `restart` says where the hands really are.
        """
        self._lower, self._upper, self._dt_s = lower, upper, dt_s
        self.set_limits(np.full(len(lower), np.inf), np.full(len(lower), np.inf))
        self.restart((lower + upper) / 2)

    def set_limits(self, max_velocity: Array, max_acceleration: Array) -> None:
        """Take limits (n,) [rad/s, m/s] and [rad/s^2, m/s^2]."""
        self._step = max_velocity * self._dt_s
        self._change = max_acceleration * self._dt_s**2

    def restart(self, position: Array) -> None:
        """Go on from standing still at `position` (n,)."""
        self.last = position.copy()
        self.velocity = np.zeros(len(position))  # [rad, m] a step

    def follow(self, target: Array) -> Array:
        """Return what comes next on the way to `target` (n,); `target` itself where it may be."""
        way = target - self.last
        # Fast enough to arrive, slow enough to come to a stop there.
        most = np.minimum(self._step, np.sqrt(2 * self._change * np.abs(way)) + self._change)
        wanted = np.clip(way, -most, most)
        low, high = self.velocity - self._change, self.velocity + self._change
        self.velocity = np.clip(np.clip(wanted, low, high), -self._step, self._step)
        follower = np.where(self.velocity == way, target, self.last + self.velocity)
        inside = np.clip(follower, self._lower, self._upper)  # an end stop stops whatever comes
        self.velocity = np.where(inside == follower, self.velocity, inside - self.last)
        self.last = inside
        return inside

    def turned_to(self, target: Array) -> Array:
        """Return what comes instead of what `follow` just said, on the way to `target` (n,)."""
        before = self.last - self.velocity
        self.velocity = np.clip(target - before, -self._step, self._step)
        self.last = before + self.velocity
        return self.last

    def excess(self, target: Array, before: Array) -> float:
        """Return how many times too fast a joint would have to be to go from `before` there."""
        return float(np.max(np.abs(target - before) / self._step))
