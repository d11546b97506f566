"""The safe end of piano playing: slow down, lift the fingers off the keys, hold."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.smooth_step import smooth_step

Array = NDArray[np.float64]

COAST_S: Final = 0.03
"""Time constant in which the velocity that the hands had dies away."""


class SafeHalt:
    """A way from where the hands are commanded to, at their velocity, to lifted and at rest.

    To hold still would be to keep keys pressed, so the lift begins at once; the way of the
    commanded velocity's last tail is added to it.
    """

    def __init__(
        self, start: Array, velocity: Array, lifted: Array, began_s: float, lasts_s: float
    ) -> None:
        """Begin.

        Args:
            start: (n,) the last target [rad, m].
            velocity: (n,) its velocity [rad/s, m/s].
            lifted: (n,) target of the lifted hands.
            began_s: Time [s].
            lasts_s: How long the lift takes [s].
        """
        self._start = start
        self._coast = velocity * COAST_S
        self._lifted = lifted
        self._began_s = began_s
        self._lasts_s = lasts_s

    def is_over(self, now_s: float) -> bool:
        """Return whether the hands are commanded to be up."""
        return now_s - self._began_s >= self._lasts_s - 1e-9

    def target(self, now_s: float) -> Array:
        """Return the target (n,) at a time [s]."""
        since_s = max(0.0, now_s - self._began_s)
        blend = smooth_step(since_s / self._lasts_s)
        coasted = self._start + self._coast * (1 - np.exp(-since_s / COAST_S))
        return np.asarray((1 - blend) * coasted + blend * self._lifted)
