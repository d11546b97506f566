"""The posture a hand rests in over the keys."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.hands_model import HandsModel

_RELAXED: Final = {
    "FFJ3": 0.7, "MFJ3": 0.7, "RFJ3": 0.7, "LFJ3": 0.7,
    "FFJ0": 1.0, "MFJ0": 1.0, "RFJ0": 1.0, "LFJ0": 1.0,
    "THJ4": 0.7, "THJ1": 0.3,
    "forearm_tz": -0.02,
}  # fmt: skip
"""Fingers curved as a pianist's [rad], forearm half way down [m]; all others at 0."""


def relaxed_pose(hands: HandsModel, actuators: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the relaxed pose in the coordinates of a hand's `actuators`, (na,)."""
    return np.array([_RELAXED.get(_short_name(hands, a), 0.0) for a in actuators])


def coordinate_names(hands: HandsModel, actuators: NDArray[np.int64]) -> tuple[str, ...]:
    """Return what a hand's `actuators` move, Shadow's names without the side."""
    return tuple(_short_name(hands, a) for a in actuators)


def coordinate(hands: HandsModel, actuators: NDArray[np.int64], name: str) -> int:
    """Return which of a hand's `actuators` moves `name`, for example `forearm_tx`."""
    return [_short_name(hands, a) for a in actuators].index(name)


def forearm_coordinates(hands: HandsModel, actuators: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which of a hand's `actuators` are slides of the forearm, (na,)."""
    return np.array([_short_name(hands, a).startswith("forearm") for a in actuators])


def _short_name(hands: HandsModel, actuator: np.int64) -> str:
    """Return `FFJ0` for `rh_shadow_hand/rh_A_FFJ0`."""
    name: str = hands.model.actuator(int(actuator)).name.rpartition("/")[2]
    return name.rsplit("_A_", maxsplit=1)[-1]
