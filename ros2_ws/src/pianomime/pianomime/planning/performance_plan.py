"""Plan a whole performance: from a fingered score to joint targets at every control step."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import SIDES
from pianomime.hands.hands_model import HandsModel
from pianomime.hands.kinematics import HandKinematics
from pianomime.planning.feedforward import actuator_targets
from pianomime.planning.fingertip_plan import FingertipPlan, plan_fingertips
from pianomime.planning.trajectory import TrajectoryFit
from pianomime.score.goals import key_goals
from pianomime.score.score import Score

FEEDBACK_GAIN: Final = 0.3
"""Share of a joint's error that is added to its target: the actuators take out most of the rest
within a step by themselves. Chosen on training clips; 0 and 0.6 play worse."""


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
    target: NDArray[np.float64]
    position: NDArray[np.float64]
    sustain: NDArray[np.bool_]
    fingertips: FingertipPlan

    def command(
        self, score_step: int, measured: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], bool]:
        """Return target (n,) and pedal of a step of the score; the ends hold beyond the plan.

        Args:
            score_step: Which control step; negative in the lead-in.
            measured: (n,) where the joints are at its beginning [rad, m].
        """
        step = min(max(score_step + self.lead, 0), len(self.target) - 1)
        error = self.position[step] - measured
        return self.target[step] + FEEDBACK_GAIN * error, bool(self.sustain[step])


def plan_performance(
    score: Score, hands: HandsModel, dt_s: float, lead: int, tail: int
) -> PerformancePlan:
    """Plan `score` from the hands' zero pose.

    Args:
        score: With fingers assigned; notes without one are left out.
        hands: The hands that play.
        dt_s: Control step [s].
        lead: Control steps before the score, to get to the first position.
        tail: Control steps after it, with the fingers lifted.
    """
    goals = key_goals(score, dt_s)
    fingertips = plan_fingertips(score, goals, lead, tail)
    rows, n = len(fingertips.key), len(hands.joint_names)
    position, target = np.zeros((rows, n)), np.zeros((rows - 1, n))
    for side in range(len(SIDES)):
        kinematics = HandKinematics(hands, side)
        fit = TrajectoryFit(hands, kinematics, side, fingertips)
        pose = fit.solve(start=np.zeros(kinematics.n))
        wanted = actuator_targets(hands, kinematics, side, pose, fingertips, dt_s)
        position[:, kinematics.joints] = pose @ kinematics.expand.T
        target[:, kinematics.joints] = wanted @ kinematics.expand.T
    sustain = np.zeros(rows - 1, bool)
    sustain[lead : lead + len(goals.sustain)] = goals.sustain
    return PerformancePlan(lead, target, position, sustain, fingertips)
