"""Plan a whole performance: from a fingered score to joint targets at every control step."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import SIDES
from pianomime.hands.hands_model import HandsModel
from pianomime.hands.kinematics import HandKinematics
from pianomime.planning.feedforward import Feedforward
from pianomime.planning.fingertip_plan import FingertipPlan, FingertipPlanConfig, plan_fingertips
from pianomime.planning.motion_limits import MotionLimits
from pianomime.planning.tracking import Tracker
from pianomime.planning.trajectory import TrajectoryConfig, TrajectoryFit
from pianomime.score.goals import key_goals
from pianomime.score.score import Score

Array = NDArray[np.float64]

_WINDOW: Final = 400
"""Control steps fitted at once, so that memory does not grow with the song: 20 s."""

_OVERLAP: Final = 60
"""Further steps looked at and then fitted again: what is 3 s ahead hardly matters now."""

FEEDBACK_GAIN: Final = 0.4
"""Share of a joint's error that is added to its target: the actuators take out most of the rest
within a step by themselves. Chosen on training clips."""


@dataclass(frozen=True)
class PerformancePlan:
    """What to command, from `lead` control steps before the score to some after it.

    Attributes:
        lead: Control steps before the score begins.
        target: (steps, n) position target of each joint [rad, m], in `HandsModel` order.
        position: (steps + 1, n) where the joints are to be at the steps' ends.
        sustain: (steps,) whether the pedal is held.
        fingertips: What the joints were fitted to.
    """

    lead: int
    target: Array
    position: Array
    sustain: NDArray[np.bool_]
    fingertips: FingertipPlan

    def command(self, score_step: int, measured: Array) -> tuple[Array, bool]:
        """Return target (n,) and pedal of a step of the score; the ends hold beyond the plan.

        Args:
            score_step: Which control step; negative in the lead-in.
            measured: (n,) where the joints are at its beginning [rad, m].
        """
        step = min(max(score_step + self.lead, 0), len(self.target) - 1)
        error = self.position[step] - measured
        return self.target[step] + FEEDBACK_GAIN * error, bool(self.sustain[step])

    def changed(self, rows: slice, by: Array) -> "PerformancePlan":
        """Return the plan with `by` (rows, n) added to some rows of the targets."""
        target = self.target.copy()
        target[rows] += by
        return replace(self, target=target)


def plan_performance(
    score: Score,
    hands: HandsModel,
    dt_s: float,
    lead: int,
    tail: int,
    manner: Array | None = None,
    limits: MotionLimits | None = None,
) -> PerformancePlan:
    """Plan `score` from the pose in which the hands start.

    Args:
        score: With fingers assigned; notes without one are left out.
        hands: The hands that play.
        dt_s: Control step [s].
        lead: Control steps before the score, to get to the first position.
        tail: Control steps after it, with the fingers lifted.
        manner: Of a human, see `plan_fingertips`.
        limits: How fast the joints may move.
    """
    limits = limits or MotionLimits()
    goals = key_goals(score, dt_s)
    geometry = FingertipPlanConfig.of(hands.spec, limits)
    fingertips = plan_fingertips(
        score, goals, lead, tail, hands.spec.layout, geometry, manner
    )
    rows, n = len(fingertips.key), len(hands.joint_names)
    position, target = np.zeros((rows, n)), np.zeros((rows - 1, n))
    for side in range(len(SIDES)):
        kinematics = HandKinematics(hands, side)
        pose, wanted = _plan_hand(kinematics, fingertips, dt_s, limits)
        position[:, kinematics.joints] = pose @ kinematics.expand.T
        target[:, kinematics.joints] = wanted @ kinematics.expand.T
    sustain = np.zeros(rows - 1, bool)
    sustain[lead : lead + len(goals.sustain)] = goals.sustain
    return PerformancePlan(lead, target, position, sustain, fingertips)


def _plan_hand(
    kinematics: HandKinematics,
    fingertips: FingertipPlan,
    dt_s: float,
    limits: MotionLimits,
) -> tuple[Array, Array]:
    """Return poses (rows, na) and actuator targets (rows - 1, na), window after window."""
    feedforward = Feedforward(kinematics, dt_s)
    tracker = Tracker(kinematics, dt_s)
    config = TrajectoryConfig.of(kinematics.hands.spec)
    rows = len(fingertips.key)
    pose = np.zeros((rows, kinematics.n))
    pose[0] = kinematics.pose(kinematics.hands.start)
    target = np.zeros((rows - 1, kinematics.n))
    state = np.concatenate((pose[0], np.zeros(kinematics.n)))  # what it is at by row done - 1
    done = 1  # rows that are fixed: at first the pose to start from
    while done < rows:
        begin = max(done - 2, 0)  # two rows fix place and velocity
        end = min(done + _WINDOW + _OVERLAP, rows)
        window, held = fingertips.window(begin, end), pose[begin:done]
        fitted = TrajectoryFit(kinematics, window, held, dt_s, config, limits).solve()
        wanted = feedforward.targets(fitted, window)
        tracked = tracker.track(fitted, wanted, done - 1 - begin, state)
        new = end if end == rows else done + _WINDOW
        pose[done:new] = fitted[done - begin : new - begin]
        target[done - 1 : new - 1] = tracked.target[: new - done]
        state = tracked.state[new - done]
        done = new
    return pose, target
