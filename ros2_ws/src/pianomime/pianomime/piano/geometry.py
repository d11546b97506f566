"""The keyboard in numbers: where its keys are and how they move.

World frame as in robopianist: x towards the player, y to the right along the keyboard, z up;
the origin is on the floor of the keyboard under its middle. All lengths in metres. The figures are
those of robopianist's models/piano/piano_constants.py.
"""

from functools import cache
from math import atan
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

S = TypeVar("S", bound=np.generic)

N_KEYS: Final = 88
LOWEST_PITCH: Final = 21
"""MIDI note number of key 0, A0."""

WHITE_PITCH_M: Final = 0.0235
"""Distance between neighbouring white keys' middles: 22.5 mm wide, 1 mm apart."""

WHITE_WIDTH_M: Final = 0.0225
BLACK_WIDTH_M: Final = 0.010
WHITE_TOP_M: Final = 0.0225
BLACK_TOP_M: Final = 0.0350
HINGE_X_M: Final = -0.075
WHITE_LENGTH_M: Final = 0.150
BLACK_LENGTH_M: Final = 0.090
WHITE_MAX_RAD: Final = atan(0.010 / WHITE_LENGTH_M)
BLACK_MAX_RAD: Final = atan(0.008 / BLACK_LENGTH_M)
ACTIVATION_RAD: Final = 0.00872665
"""A key counts as pressed within 0.5 degrees of its end stop (models/piano/piano.py)."""

KEY_STIFFNESS_NM_RAD: Final = 2.0
KEY_PRELOAD_RAD: Final = np.deg2rad(1.0)
"""The key's spring pushes up with stiffness times (angle + preload)."""

_BLACK_IN_OCTAVE_FROM_A: Final = (1, 4, 6, 9, 11)
_NAMES: Final = ("A", "A#", "B", "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#")


@cache
def is_black() -> NDArray[np.bool_]:
    """Return which keys are black, shape (88,)."""
    return _frozen(np.isin(np.arange(N_KEYS) % 12, _BLACK_IN_OCTAVE_FROM_A))


@cache
def key_y() -> NDArray[np.float64]:
    """Return the y coordinate of each key's middle [m], shape (88,)."""
    white = np.cumsum(~is_black()) - 1.0  # a black key lies between its neighbours
    position = np.where(is_black(), white + 0.5, white)
    y = (position - (N_KEYS - np.sum(is_black()) - 1) / 2) * WHITE_PITCH_M
    y[is_black()] += 0.0005  # robopianist sets the black keys half a gap to the right ...
    y[1] -= 0.0005  # ... except the lone one at the left end
    return _frozen(y)


@cache
def key_top() -> NDArray[np.float64]:
    """Return the height of each key's upper face at rest [m], shape (88,)."""
    return _frozen(np.where(is_black(), BLACK_TOP_M, WHITE_TOP_M))


@cache
def key_max_angle() -> NDArray[np.float64]:
    """Return each key's end stop [rad], shape (88,)."""
    return _frozen(np.where(is_black(), BLACK_MAX_RAD, WHITE_MAX_RAD))


def pressed_drop(
    key: int | NDArray[np.int64], x: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how far the upper faces of fully pressed keys sink at `x` [m]."""
    return np.asarray((x - HINGE_X_M) * np.tan(key_max_angle()[key]))


def key_name(key: int) -> str:
    """Return the scientific name of a key: 0 is A0, 39 is C4."""
    octave = (key + 9) // 12
    return f"{_NAMES[key % 12]}{octave}"


def _frozen(array: NDArray[S]) -> NDArray[S]:
    array.setflags(write=False)
    return array
