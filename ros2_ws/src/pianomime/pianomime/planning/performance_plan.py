"""Plan a whole performance: from a fingered score to joint targets for every decision."""

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import SIDES
from pianomime.hands.hands_model import HandsModel
from pianomime.planning.fingertip_plan import FingertipPlanConfig, plan_fingertips
from pianomime.planning.motion_limits import MotionLimits
from pianomime.planning.planned_hand import PlannedHand
from pianomime.planning.row_times import row_times
from pianomime.planning.strikes import Strike, strikes
from pianomime.score.goals import ScoreGoals, pedal_matrix
from pianomime.score.score import Score
from pianomime.timing import Timing

Array = NDArray[np.float64]

LEAD_IN_S: Final = 1.0
"""Silence before a score in which the hands get to their first position [s]."""

TAIL_S: Final = 0.5
"""Time with lifted fingers after a score [s]."""


@dataclass(frozen=True)
class PerformancePlan:
    """Joint targets from the lead-in to some time after the score, see `Follower`.

    Attributes:
        timing: Of the decisions and their targets.
        lead_in_s: Silence before the score [s].
        target: (steps, points, n) position targets [rad, m], in `HandsModel` order.
        position: (steps + 1, n) where the joints are to be at the ends of decisions.
        sustain: (steps, points) whether the pedal is down from each point on.
        strikes: What the fingers do, by onset.
    """

    timing: Timing
    lead_in_s: float
    target: Array
    position: Array
    sustain: NDArray[np.bool_]
    strikes: tuple[Strike, ...]

    @property
    def lead(self) -> int:
        """Decisions before the score."""
        return self.timing.steps(self.lead_in_s)

    def last_strike(self, finger: int, time_s: float) -> Strike | None:
        """Return the last strike of a finger until `time_s` of the score [s]."""
        until = bisect_right(self.strikes, time_s, key=lambda strike: strike.press_s)
        return next((s for s in reversed(self.strikes[:until]) if s.finger == finger), None)

    def changed(self, rows: slice, by: Array) -> "PerformancePlan":
        """Return the plan with `by` (rows, points or 1, n) added to some rows of the targets."""
        target = self.target.copy()
        target[rows] += by
        return replace(self, target=target)


def plan_performance(
    score: Score,
    hands: HandsModel,
    timing: Timing,
    *,
    lead_in_s: float = LEAD_IN_S,
    tail_s: float = TAIL_S,
    demo_tips: Array | None = None,
    limits: MotionLimits | None = None,
) -> PerformancePlan:
    """Plan `score` from the pose in which the hands start.

    Args:
        score: With fingers assigned; notes without one are left out.
        hands: The hands that play.
        timing: Of the decisions.
        lead_in_s: Silence before the score, to get to the first position [s].
        tail_s: Time after it, with the fingers lifted [s].
        demo_tips: (steps, 10, 2) where a pianist had the fingertips at the ends of the score's
            decisions [m, world], see `plan_fingertips`.
        limits: How fast the joints may move.
    """
    limits = limits or MotionLimits()
    goals = ScoreGoals.of(score, timing)
    lead = timing.steps(lead_in_s)
    steps, n = lead + goals.steps + timing.steps(tail_s), len(hands.joint_names)
    config = FingertipPlanConfig.of(hands.spec, limits)
    played = strikes(score.notes, hands.spec.layout, config)
    end_s = timing.time_s(steps) - lead_in_s
    at_rest_s = (-lead_in_s, -lead_in_s + timing.command_s)
    time_s = row_times(played, at_rest_s, end_s, config)
    demo = None if demo_tips is None else _at_rows(demo_tips, time_s, timing)
    fingertips = plan_fingertips(played, time_s, hands.spec.layout, config, demo)
    position, target = np.zeros((steps + 1, n)), np.zeros((steps, timing.points, n))
    for side in range(len(SIDES)):
        hand = PlannedHand(hands, side, timing, limits, config)
        path, own = hand.along(fingertips)
        position[:, hand.kinematics.joints] = path[:: timing.points]
        target[..., hand.kinematics.joints] = own.reshape(steps, timing.points, -1)
    sustain = np.zeros((steps, timing.points), bool)
    pedal = config.late(score.pedal)
    sustain[lead : lead + goals.steps] = pedal_matrix(pedal, timing, 0, goals.steps)
    return PerformancePlan(timing, lead_in_s, target, position, sustain, tuple(played))


def _at_rows(demo_tips: Array, time_s: Array, timing: Timing) -> Array:
    """Return fingertips at the ends of decisions (steps, 10, 2) at the nearest rows; NaN beyond."""
    step = np.rint(time_s / timing.decision_s).astype(int) - 1
    inside = (step >= 0) & (step < len(demo_tips))
    at_rows = np.full((len(time_s), *demo_tips.shape[1:]), np.nan)
    at_rows[inside] = demo_tips[step[inside]]
    return at_rows
