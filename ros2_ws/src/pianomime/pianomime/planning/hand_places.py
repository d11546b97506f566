"""Where along the keyboard the hands had best be, so that they do not get in each other's way."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import SIDES
from pianomime.planning.fingertip_plan import FingertipPlan

Array = NDArray[np.float64]


@dataclass(frozen=True)
class HandPlaces:
    """Places of relaxed hands over their keys, left and right: of their reference fingers.

    Attributes:
        middle: (2, rows) of left and right hand along y [m]; NaN if no finger ever has a target.
    """

    middle: Array

    @classmethod
    def of(cls, plan: FingertipPlan) -> "HandPlaces":
        """Read them off the fingertips' targets."""
        return cls(np.stack([_middle(plan, side) for side in range(len(SIDES))]))

    def of_hand(self, side: int, rest: float) -> Array:
        """Return where a hand had best be, (rows,) along y [m]; `rest` if it has nothing to do."""
        return np.asarray(np.nan_to_num(self.middle[side], nan=rest))

    def room(self, side: int, apart_m: float) -> tuple[Array, Array]:
        """Return the bounds (rows,) along y [m] in which a hand keeps `apart_m` from the other."""
        border = self.middle.mean(axis=0)
        none = np.full(len(border), np.inf)
        if side == 0:
            return -none, np.nan_to_num(border - apart_m / 2, nan=np.inf)
        return np.nan_to_num(border + apart_m / 2, nan=-np.inf), none


def _middle(plan: FingertipPlan, side: int) -> Array:
    mine = plan.layout.of_side(side)
    place = plan.position[:, mine, 1] - plan.layout.offset_m[mine]
    request = np.where(np.isnan(place), 0.0, plan.approach[:, mine])
    total = request.sum(axis=1)
    asked = np.flatnonzero(total > 0)
    if not len(asked):
        return np.full(len(place), np.nan)
    middle = np.sum(np.nan_to_num(place) * request, axis=1)[asked] / total[asked]
    return np.interp(plan.time_s, plan.time_s[asked], middle)
