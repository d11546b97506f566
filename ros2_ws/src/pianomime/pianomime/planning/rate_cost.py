"""What the velocities or the accelerations of a trajectory cost, as banded least squares."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_STEEP: Final = 0.01
"""Excess over a limit that costs 1, as a share of the limit."""


@dataclass(frozen=True)
class RateCost:
    """A cost of finite differences of one order: mild below a limit, steep beyond.

    Attributes:
        stencil: Coefficients of the difference: (-1, 1) for velocities, (1, -2, 1) for
            accelerations.
        limit: (na,) what is to be the largest difference [rad, m].
        weight: (na,) of the difference's square.
    """

    stencil: tuple[int, ...]
    limit: Array
    weight: Array

    def of(self, pose: Array) -> "Rate":
        """Return what the differences of a trajectory (rows, na) cost."""
        rows = len(pose) - len(self.stencil) + 1
        change = np.zeros((rows, pose.shape[1]))
        for at, coefficient in enumerate(self.stencil):
            change += coefficient * pose[at : at + rows]
        excess = change - np.clip(change, -self.limit, self.limit)
        steep = (_STEEP * self.limit) ** -2.0
        return Rate(
            self.stencil,
            float(np.sum(self.weight * change**2) + np.sum(steep * excess**2)),
            self.weight * change + steep * excess,
            self.weight + steep * (excess != 0),
        )


@dataclass(frozen=True)
class Rate:
    """The cost of one trajectory's differences, with half its derivatives by each of them.

    Attributes:
        stencil: As of the `RateCost`.
        cost: Summed over the trajectory.
        slope: (rows - order, na) first derivative.
        curvature: (rows - order, na) second derivative.
    """

    stencil: tuple[int, ...]
    cost: float
    slope: Array
    curvature: Array

    def add_descent(self, descent: Array) -> None:
        """Add to the descent by pose, (rows, na)."""
        rows = len(self.slope)
        for at, coefficient in enumerate(self.stencil):
            descent[at : at + rows] -= coefficient * self.slope

    def add_curvature(self, banded: Array) -> None:
        """Add to the Hessian by pose, as the lower bands (bands, rows, na) of scipy."""
        rows, na = self.curvature.shape
        for at, first in enumerate(self.stencil):
            for further, second in enumerate(self.stencil[at:]):
                banded[further * na, at : at + rows] += first * second * self.curvature
