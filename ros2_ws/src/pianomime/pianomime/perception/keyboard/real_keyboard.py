"""Geometry of real keyboards, whose black keys are placed differently from the simulated one."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.piano.geometry import (
    HINGE_X_M,
    N_KEYS,
    WHITE_LENGTH_M,
    WHITE_PITCH_M,
    is_black,
    key_y,
)

FRONT_X_M: Final = HINGE_X_M + WHITE_LENGTH_M
"""Front edge of the white keys, x [m, world]."""

HEAD_M: Final = 0.053
"""Length of the white keys in front of the black ones [m]; 50 to 55 mm on pianos."""

# At the back, C to E and F to B are divided evenly: 5 keys share the width of 3 white keys, and 7
# that of 4. So C sharp is left of the gap between C and D by this distance:
_C_SHARP_M: Final = (1 - 1.5 * 3 / 5) * WHITE_PITCH_M
_F_SHARP_M: Final = (1 - 1.5 * 4 / 7) * WHITE_PITCH_M
_OFF_GAP_M: Final = {4: -_C_SHARP_M, 6: _C_SHARP_M, 9: -_F_SHARP_M, 11: 0.0, 1: _F_SHARP_M}
"""Offset of black keys from the gap [m], by index in the octave from A."""


@cache
def real_key_y() -> NDArray[np.float64]:
    """Return the y coordinate of each key's centre on a real piano, (88,) [m]."""
    y = key_y().copy()
    black = np.flatnonzero(is_black())
    y[black] = (y[black - 1] + y[np.minimum(black + 1, N_KEYS - 1)]) / 2
    y[black] += [_OFF_GAP_M[key % 12] for key in black]
    y.flags.writeable = False
    return y
