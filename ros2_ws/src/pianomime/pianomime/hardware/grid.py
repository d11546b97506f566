"""The instants at which devices of different makers are looked at together."""

import math


def grid_index(now_s: float, dt_s: float) -> int:
    """Return the number of the last grid instant not after `now_s`; a grid of `dt_s` from 0 on."""
    return math.floor(now_s / dt_s + 1e-6)


class Grid:
    """Detector of new instants on a shared time grid."""

    def __init__(self, dt_s: float) -> None:
        """Start before any."""
        self._dt_s = dt_s
        self._last: int | None = None

    def tick(self, now_s: float) -> float | None:
        """Return the grid time [s], or None if it was already returned."""
        index = grid_index(now_s, self._dt_s)
        if self._last is not None and index <= self._last:
            return None
        self._last = index
        return index * self._dt_s
