"""The control law that plays a plan."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pianomime.command import Command
from pianomime.hands.hands_model import HandsModel
from pianomime.planning.feedback import Feedback
from pianomime.planning.performance_plan import PerformancePlan

Array = NDArray[np.float64]


class Follower:
    """A controller that follows a plan: its targets, corrected by feedback.

    Attributes:
        plan: The plan.
    """

    def __init__(self, plan: PerformancePlan, feedback: Feedback) -> None:
        """Follow `plan` with the `feedback` of the hands that play."""
        self.plan = plan
        self._feedback = feedback

    @classmethod
    def of(cls, plan: PerformancePlan, hands: HandsModel) -> "Follower":
        """Return what follows `plan` with `hands`."""
        return cls(plan, Feedback(hands))

    def __call__(self, score_step: int, measured: Array) -> Command:
        """Return the command of a decision of the score; the ends of the plan hold beyond it.

        Args:
            score_step: Which decision; negative in the lead-in.
            measured: (n,) joint positions at its beginning [rad, m].
        """
        plan = self.plan
        step = min(max(score_step + plan.lead, 0), len(plan.target) - 1)
        now, after = plan.position[step : step + 2]
        ahead = now + self._share * (after - now)
        target = plan.target[step] + self._feedback.correction(now, ahead, measured)
        return Command(target, plan.sustain[step], plan.timing.times_s)

    @cached_property
    def _share(self) -> Array:
        """How much of a decision is over when each target is reached, (points, 1)."""
        points = self.plan.timing.points
        return np.arange(1, points + 1)[:, None] / points
