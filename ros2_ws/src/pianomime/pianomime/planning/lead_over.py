"""From where the hands are to where a plan has them, without a jump."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.planning.feedback import JOINT_GAIN
from pianomime.planning.performance_plan import PerformancePlan
from pianomime.smooth_step import smooth_step

Array = NDArray[np.float64]

_LEAST_S: Final = 0.5
"""Shortest time in which an offset fades out [s]."""


class LeadOver:
    """An offset to a plan's commands that fades out over what is left of its lead-in.

    A plan begins at the zero pose, and so do the hands for the first song; after another song they
    are elsewhere. A controller that is replaced while a first song is played adds nothing: the
    hands are off the plan then because they press.
    """

    def __init__(self, n: int) -> None:
        """Begin without an offset, for `n` joints."""
        self._off = np.zeros(n)
        self._first_song = True
        self._began: int | None = None
        self._last = 0

    def reset(self) -> None:
        """Expect another plan."""
        self._first_song = self._first_song and self._began is None
        self._began = None

    def offset(self, plan: PerformancePlan, step: int, measured: Array) -> Array:
        """Return what to add to the targets (n,) of a step of the score [rad, m].

        Args:
            plan: That is followed.
            step: Decision of its score.
            measured: (n,) where the joints are.
        """
        if self._began is None or step < self._last:
            row = min(max(step + plan.lead, 0), len(plan.position) - 1)
            leads_over = step < 0 or not self._first_song
            self._began = step
            self._off = (measured - plan.position[row]) * leads_over
        self._last = step
        least = plan.timing.steps(_LEAST_S)
        share = 1 - (step - self._began) / max(-self._began, least)
        # The plan's own feedback pulls the joints back: to follow the offset, it has to be more.
        return (1 + JOINT_GAIN) * smooth_step(share) * self._off
