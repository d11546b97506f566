"""How loud a key is struck."""

from math import log2
from typing import Final

from pianomime.piano.geometry import BLACK_LENGTH_M, WHITE_LENGTH_M, is_black

ACTION_RATIO: Final = 5.0
"""A grand piano's hammer moves about five times as fast as the key's front
(Askenfelt and Jansson, "From touch to string vibrations", JASA 1990)."""


def midi_velocity(key: int, speed_rad_s: float) -> int:
    """Return the MIDI velocity, 1 .. 127, of a key that passes let-off at `speed_rad_s` [rad/s].

    From the hammer speed v [m/s]: 52 + 25 log2(v), as measured on a computer-controlled grand
    (Goebl and Bresin, "Measurement and reproduction accuracy of computer-controlled grand
    pianos", JASA 2003).
    """
    length_m = BLACK_LENGTH_M if is_black()[key] else WHITE_LENGTH_M
    hammer_m_s = max(ACTION_RATIO * speed_rad_s * length_m, 1e-3)
    return min(127, max(1, round(52 + 25 * log2(hammer_m_s))))
