"""Trial of a changed plan."""

from dataclasses import dataclass

import numpy as np

from pianomime.planning.performance_plan import PerformancePlan
from pianomime.planning.rollout import Rollout


@dataclass(frozen=True)
class Trial:
    """Trial of a changed plan in a stretch.

    Attributes:
        plan: Changed plan.
        begin: First decision played, counted from the start of the lead-in.
        take: Rollout from there on.
        value: Value of the stretch; negative infinity if the trial was given up.
    """

    plan: PerformancePlan
    begin: int
    take: Rollout
    value: float


def joined(take: Rollout, rest: Rollout) -> Rollout:
    """Return two takes of which the second continues the first."""
    return Rollout(
        take.first,
        np.concatenate((take.active, rest.active)),
        np.concatenate((take.sustain, rest.sustain)),
        np.concatenate((take.position, rest.position[1:])),
        take.events + rest.events,
        take.states + rest.states,
    )
