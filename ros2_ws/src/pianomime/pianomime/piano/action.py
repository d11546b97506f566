"""When a key sounds: the action of a grand piano between key and string.

Depths are shares of a key's travel, the same for white and black keys.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.piano.geometry import N_KEYS

Flags = NDArray[np.bool_]

LET_OFF: Final = 0.88
"""Depth at which the jack lets the hammer go: the aftertouch is 1.2 mm of a key dip of 10 mm
(0.045 and 0.390 inches are usual; Reblitz, "Piano Servicing, Tuning, and Rebuilding", 1993)."""

DAMPER: Final = 0.44
"""Depth at which the damper leaves the string, and at which it falls back: it lifts when the hammer
is halfway to the string (Reblitz), and the hammer follows the key up to the let-off."""

REPETITION: Final = 0.5
"""Depth to which a key has to come up to strike again: a repetition lever puts the jack back under
the hammer when the key has come half way up (Reblitz)."""


class PianoAction:
    """State of the 88 actions.

    Attributes:
        ready: (88,) keys whose hammer can be thrown.
        sounding: (88,) keys whose string has been struck and not damped.
    """

    def __init__(self) -> None:
        """Begin with all keys up and silent."""
        self.ready: Flags = np.ones(N_KEYS, bool)
        self.sounding: Flags = np.zeros(N_KEYS, bool)

    def update(self, depth: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Follow the keys' depths (88,), 0 up .. 1 down.

        Returns:
            Keys whose string is damped, and keys that strike now. A key that strikes while its
            string still sounds is in both.
        """
        strikes = self.ready & (depth >= LET_OFF)
        damped = self.sounding & ((depth < DAMPER) | strikes)
        self.ready = (self.ready & ~strikes) | (depth < REPETITION)
        self.sounding = (self.sounding & ~damped) | strikes
        return np.flatnonzero(damped), np.flatnonzero(strikes)

    def save(self) -> Flags:
        """Return `ready` and `sounding`, (2, 88)."""
        return np.stack((self.ready, self.sounding))

    def restore(self, state: Flags) -> None:
        """Go back to a saved state."""
        self.ready, self.sounding = state.copy()
