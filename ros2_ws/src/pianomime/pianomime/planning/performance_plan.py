"""Plan a whole performance: from a fingered score to joint targets for every decision."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.command import Command
from pianomime.hands.fingers import SIDES
from pianomime.hands.hands_model import HandsModel
from pianomime.hands.kinematics import HandKinematics
from pianomime.planning.actuator_targets import ActuatorTargets
from pianomime.planning.fingertip_plan import (
    FingertipPlan,
    FingertipPlanConfig,
    Span,
    plan_fingertips,
)
from pianomime.planning.motion_limits import MotionLimits
from pianomime.planning.trajectory import TrajectoryConfig, TrajectoryFit
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Score
from pianomime.timing import Timing

Array = NDArray[np.float64]

LEAD_IN_S: Final = 1.0
"""Silence before a score in which the hands get to their first position [s]."""

TAIL_S: Final = 0.5
"""Time with lifted fingers after a score [s]."""

_WINDOW_S: Final = 20.0
"""Length of the optimisation window. Bounds memory for long scores."""

_OVERLAP_S: Final = 3.0
"""Further part of a window that is fitted again with the next: 3 s ahead hardly matters now."""

FEEDBACK_GAIN: Final = 0.4
"""Feedback gain on joint position error. Below 1 because the position actuators already correct
most of the error within a decision. Chosen on training clips."""


@dataclass(frozen=True)
class PerformancePlan:
    """Commands from the lead-in to some time after the score.

    Attributes:
        timing: Of the decisions and their targets.
        lead_in_s: Silence before the score [s].
        target: (steps, points, n) position targets [rad, m], in `HandsModel` order.
        position: (steps + 1, n) where the joints are to be at the ends of decisions.
        sustain: (steps, points) whether the pedal is down from each point on.
        fingertips: Targets to which the joints were fitted.
    """

    timing: Timing
    lead_in_s: float
    target: Array
    position: Array
    sustain: NDArray[np.bool_]
    fingertips: FingertipPlan

    @property
    def lead(self) -> int:
        """Decisions before the score."""
        return self.timing.steps(self.lead_in_s)

    def command(self, score_step: int, measured: Array) -> Command:
        """Return the command of a decision of the score; the ends hold beyond the plan.

        Args:
            score_step: Which decision; negative in the lead-in.
            measured: (n,) joint positions at its beginning [rad, m].
        """
        step = min(max(score_step + self.lead, 0), len(self.target) - 1)
        error = self.position[step] - measured
        target = self.target[step] + FEEDBACK_GAIN * error
        return Command(target, self.sustain[step], self.timing.times_s)

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
        demo_tips: Fingertips of a human, see `plan_fingertips`.
        limits: How fast the joints may move.
    """
    limits = limits or MotionLimits()
    goals = ScoreGoals.of(score, timing)
    lead = timing.steps(lead_in_s)
    geometry = FingertipPlanConfig.of(hands.spec, limits)
    span = Span(lead, goals.steps, timing.steps(tail_s))
    fingertips = plan_fingertips(goals.notes, span, timing, hands.spec.layout, geometry, demo_tips)
    steps, n = len(fingertips.key) - 1, len(hands.joint_names)
    position, target = np.zeros((steps + 1, n)), np.zeros((steps, timing.points, n))
    for side in range(len(SIDES)):
        kinematics = HandKinematics(hands, side)
        pose, own = _plan_hand(kinematics, fingertips, timing, limits)
        position[:, kinematics.joints] = pose @ kinematics.expand.T
        target[..., kinematics.joints] = own @ kinematics.expand.T
    sustain = np.zeros((steps, timing.points), bool)
    sustain[lead : lead + goals.steps] = goals.sustain
    return PerformancePlan(timing, lead_in_s, target, position, sustain, fingertips)


def _plan_hand(
    kinematics: HandKinematics, fingertips: FingertipPlan, timing: Timing, limits: MotionLimits
) -> tuple[Array, Array]:
    """Return poses (rows, na) and actuator targets (rows - 1, points, na), window after window."""
    actuator_targets = ActuatorTargets(kinematics, timing)
    config = TrajectoryConfig.of(kinematics.hands.spec)
    rows, points = len(fingertips.key), timing.points
    length = timing.steps(_WINDOW_S)
    pose = np.zeros((rows, kinematics.n))
    pose[0] = kinematics.pose(kinematics.hands.start)
    target = np.zeros((rows - 1, points, kinematics.n))
    state = np.concatenate((pose[0], np.zeros(kinematics.n)))  # to which targets lead by done - 1
    done = 1  # rows that are fixed: at first the pose to start from
    while done < rows:
        begin = max(done - 2, 0)  # two rows fix place and velocity
        end = min(done + length + timing.steps(_OVERLAP_S), rows)
        window, held = fingertips.window(begin, end), pose[begin:done]
        fitted = TrajectoryFit(kinematics, window, held, timing, config, limits).solve()
        tracked = actuator_targets.along(fitted, window, done - 1 - begin, state)
        new = end if end == rows else done + length
        pose[done:new] = fitted[done - begin : new - begin]
        targets = tracked.target.reshape(-1, points, kinematics.n)
        target[done - 1 : new - 1] = targets[: new - done]
        state = tracked.state[(new - done) * points]
        done = new
    return pose, target
