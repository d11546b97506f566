"""A change of some rows of a plan's targets."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pianomime.planning.performance_plan import PerformancePlan

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Change:
    """An addition to a plan's targets.

    Attributes:
        rows: Decisions of the plan; the lead-in counts.
        by: (rows, points or 1, n) to add [rad, m].
    """

    rows: slice
    by: Array

    def applied_to(self, plan: PerformancePlan) -> PerformancePlan:
        """Return the plan with the change."""
        return plan.changed(self.rows, self.by)

    def from_row(self, begin: int) -> "Change":
        """Return the part of the change from a row on."""
        first = max(self.rows.start, begin)
        return Change(slice(first, self.rows.stop), self.by[first - self.rows.start :])
