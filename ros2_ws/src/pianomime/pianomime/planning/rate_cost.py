"""What velocities, accelerations and actuator targets of a trajectory cost, as least squares."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.planning.actuator_model import ActuatorModel
from pianomime.timing import ROBOPIANIST_TIMING

Array = NDArray[np.float64]

_STEEP: Final = 0.01
"""Excess over a rate's limit that costs 1, as a share of the limit."""

_RANGE_SHARE: Final = 0.95
"""Part of an actuator's range that its targets may take."""

_RANGE_STEEP: Final = 0.1
"""Excess over that part which costs 1, as a share of half of it."""

_ROW_S: Final = ROBOPIANIST_TIMING.decision_s
"""Time for which a cost counts once [s]: the rows for which the weights were chosen."""


@dataclass(frozen=True)
class RateCost:
    """A cost of linear combinations of successive rows: mild within bounds, steep beyond.

    Attributes:
        stencil: Coefficient of each of the rows, (combinations, 1 or na) each.
        row_weight: (combinations, 1) how much each counts.
        lower: (na,) lower bounds.
        upper: (na,) upper bounds.
        weight: (na,) of the square.
        steep: (na,) of the square of what is out of bounds.
    """

    stencil: Sequence[Array]
    row_weight: Array
    lower: Array
    upper: Array
    weight: Array
    steep: Array

    @classmethod
    def of_velocity(cls, time_s: Array, limit: Array) -> "RateCost":
        """Return the cost of velocities over `limit` (na,) [rad/s, m/s] at rows (rows,) [s]."""
        apart_s = np.diff(time_s)[:, None]
        steep = (_STEEP * limit) ** -2.0
        none = np.zeros_like(limit)
        stencil = (-1 / apart_s, 1 / apart_s)
        return cls(stencil, apart_s / _ROW_S, -limit, limit, none, steep)

    @classmethod
    def of_acceleration(cls, time_s: Array, limit: Array, smooth: Array) -> "RateCost":
        """Return the cost of accelerations, of which `smooth` (na,) costs 1 [rad/s^2, m/s^2]."""
        _, second, row_weight = _derivatives(time_s)
        return cls(second, row_weight, -limit, limit, smooth**-2.0, (_STEEP * limit) ** -2.0)

    @classmethod
    def of_targets(cls, time_s: Array, actuators: ActuatorModel) -> "RateCost":
        """Return the cost of motions whose actuator targets would leave their ranges."""
        first, second, row_weight = _derivatives(time_s)
        mass, damper = np.diag(actuators.mass), np.diag(actuators.damper)
        stencil = [
            float(at == 1) + damper * velocity + mass * acceleration
            for at, (velocity, acceleration) in enumerate(zip(first, second, strict=True))
        ]
        middle = (actuators.lower + actuators.upper) / 2
        half = _RANGE_SHARE * (actuators.upper - actuators.lower) / 2
        steep = (_RANGE_STEEP * half) ** -2.0
        none = np.zeros_like(half)
        return cls(stencil, row_weight, middle - half, middle + half, none, steep)

    def eased(self, share: float) -> "RateCost":
        """Return the cost with a share of what is out of bounds."""
        return replace(self, steep=share * self.steep)

    def of(self, pose: Array) -> "Rate":
        """Return what a trajectory (rows, na) costs."""
        rows = len(pose) - len(self.stencil) + 1
        value = np.zeros((rows, pose.shape[1]))
        for at, coefficient in enumerate(self.stencil):
            value += coefficient * pose[at : at + rows]
        excess = value - np.clip(value, self.lower, self.upper)
        slope = self.row_weight * (self.weight * value + self.steep * excess)
        curvature = self.row_weight * (self.weight + self.steep * (excess != 0))
        cost = np.sum(self.row_weight * (self.weight * value**2 + self.steep * excess**2))
        return Rate(self.stencil, float(cost), slope, curvature)


@dataclass(frozen=True)
class Rate:
    """The cost of one trajectory, with half its derivatives by each of the combinations.

    Attributes:
        stencil: As of the `RateCost`.
        cost: Summed over the trajectory.
        slope: (combinations, na) first derivative.
        curvature: (combinations, na) second derivative.
    """

    stencil: Sequence[Array]
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


def _derivatives(time_s: Array) -> tuple[Sequence[Array], Sequence[Array], Array]:
    """Return stencils of velocity and acceleration at the inner rows, and their weights.

    Velocity is the mean of the differences before and after a row (rows - 2, 1).
    """
    before, after = np.diff(time_s)[:-1, None], np.diff(time_s)[1:, None]
    both = before + after
    velocity = (-0.5 / before, 0.5 * (1 / before - 1 / after), 0.5 / after)
    acceleration = (2 / (both * before), -2 / (before * after), 2 / (both * after))
    return velocity, acceleration, both / (2 * _ROW_S)
