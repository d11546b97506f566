"""Additive change of a range of a plan's targets."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.kinematics import HandKinematics
from pianomime.planning.feedback import JOINT_GAIN
from pianomime.planning.performance_plan import PerformancePlan

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Change:
    """Additive change of a plan's targets.

    Attributes:
        rows: Decisions of the plan, counted from the start of the lead-in.
        by: (rows, points or 1, n) values to add [rad, m].
    """

    rows: slice
    by: Array

    def applied_to(self, plan: PerformancePlan) -> PerformancePlan:
        """Return the changed plan."""
        return plan.changed(self.rows, self.by)

    def from_row(self, begin: int) -> "Change":
        """Return the part of the change from row `begin` on."""
        first = max(self.rows.start, begin)
        return Change(slice(first, self.rows.stop), self.by[first - self.rows.start :])


def retimed(
    plan: PerformancePlan, kinematics: HandKinematics, rows: slice, target_at: Array, then: Array
) -> Change:
    """Return the change that has a hand move at other times.

    Args:
        plan: Plan to change.
        kinematics: Kinematics of the hand.
        rows: Decisions to change.
        target_at: (rows, points) fractional index of the target that each one is to be.
        then: (rows,) fractional decision at whose beginning the joints are to be where they were.
    """
    targets = plan.target.reshape(-1, plan.target.shape[-1])
    change = _between(targets, target_at) - plan.target[rows]
    change += JOINT_GAIN * (_between(plan.position, then) - plan.position[rows])[:, None]
    full = np.zeros_like(change)
    full[..., kinematics.joints] = change[..., kinematics.joints]
    return Change(rows, full)


def _between(values: Array, row: Array) -> Array:
    """Interpolate values (rows, n) at fractional rows (...) before the last, (..., n)."""
    low = np.floor(row).astype(int)
    share = (row - low)[..., None]
    return np.asarray((1 - share) * values[low] + share * values[low + 1])
