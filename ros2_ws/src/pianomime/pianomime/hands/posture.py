"""The posture a hand rests in over the keys."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

_RELAXED: Final = {
    "FFJ3": 0.7, "MFJ3": 0.7, "RFJ3": 0.7, "LFJ3": 0.7,
    "FFJ0": 1.0, "MFJ0": 1.0, "RFJ0": 1.0, "LFJ0": 1.0,
    "THJ4": 0.7, "THJ1": 0.3,
    "forearm_tz": -0.02,
}  # fmt: skip
"""Fingers curved as a pianist's [rad], forearm half way down [m]; all others at 0."""


def relaxed_pose(names: Sequence[str]) -> NDArray[np.float64]:
    """Return the relaxed pose in the coordinates with these names, see `HandKinematics`, (na,)."""
    return np.array([_RELAXED.get(name, 0.0) for name in names])


def forearm_coordinates(names: Sequence[str]) -> NDArray[np.bool_]:
    """Return which of the coordinates with these names are slides of the forearm, (na,)."""
    return np.array([name.startswith("forearm") for name in names])
