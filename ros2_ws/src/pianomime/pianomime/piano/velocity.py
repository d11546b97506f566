"""How loud a key is struck."""

from math import log2
from typing import Final

from pianomime.piano.geometry import BLACK_LENGTH_M, WHITE_LENGTH_M, is_black

ACTION_RATIO: Final = 5.0
"""A grand piano's hammer moves about five times as fast as the key's front
(Askenfelt and Jansson, "From touch to string vibrations", JASA 1990)."""

_PRESSED_AT: Final = 0.8
"""Where fingertips press, as a share of a key's length from its hinge."""


def midi_velocity(key: int, speed_rad_s: float) -> int:
    """Return the MIDI velocity, 1 .. 127, of a key that passes let-off at `speed_rad_s` [rad/s].

    From the hammer speed v [m/s]: 52 + 25 log2(v), as measured on a computer-controlled grand
    (Goebl and Bresin, "Measurement and reproduction accuracy of computer-controlled grand
    pianos", JASA 2003).
    """
    length_m = BLACK_LENGTH_M if is_black()[key] else WHITE_LENGTH_M
    hammer_m_s = max(ACTION_RATIO * speed_rad_s * length_m, 1e-3)
    return min(127, max(1, round(52 + 25 * log2(hammer_m_s))))


def fingertip_speed_m_s(velocity: int) -> float:
    """Return how fast a fingertip goes down [m/s] on a key that it strikes at a MIDI velocity.

    The inverse of `midi_velocity`, where fingertips press: at four fifths of the key's length.
    """
    return float(_PRESSED_AT * 2.0 ** ((velocity - 52) / 25) / ACTION_RATIO)
