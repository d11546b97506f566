"""The expert: plans the whole score when it comes, then plays the plan step by step."""

import numpy as np
from sensor_msgs.msg import JointState

from pianomime.hands.embodiment import embodiment
from pianomime.hands.hands_model import PEDAL, HandsModel
from pianomime.planning.performance_plan import PerformancePlan, plan_performance
from pianomime.simulation.model import CONTROL_DT_S, load_model
from pianomime_common import conversions, topics
from pianomime_common.parameters import declare
from pianomime_common.running import PianoNode, run
from pianomime_common.timing import Timing
from pianomime_control.expert_config import ExpertConfig
from pianomime_msgs import msg

SOURCE = "expert"


class ExpertNode(PianoNode):
    """Answer each `key_goal` of the score it has planned with the command of that step.

    The plan depends on the score alone, so an expert that is replaced in mid-song plans the same
    and goes on at the step that is asked for.
    """

    def __init__(self) -> None:
        """Wait for a score."""
        super().__init__(SOURCE)
        self._config = declare(self, ExpertConfig)
        self._hands = HandsModel.of(load_model(embodiment(self._config.embodiment)))
        self._names = (*self._hands.joint_names, PEDAL)
        self._plan: PerformancePlan | None = None
        self._sha256 = ""
        self._goal: msg.KeyGoal | None = None
        self._state: JointState | None = None
        self._timing = Timing(self)
        self._command = self.advertise(topics.controller_command(SOURCE))
        self.listen(topics.SCORE, self._on_score)
        self.listen(topics.KEY_GOAL, self._on_key_goal)
        self.listen(topics.JOINT_STATES, self._on_joint_states)

    def _on_score(self, message: msg.Score) -> None:
        if message.sha256 == self._sha256:
            return
        lead = round(message.lead_in_s / CONTROL_DT_S)
        tail = round(self._config.tail_s / CONTROL_DT_S)
        score = conversions.from_score(message)
        with self._timing.measure("plan"):
            self._plan = plan_performance(score, self._hands, CONTROL_DT_S, lead, tail)
        self._sha256 = message.sha256
        self.get_logger().info(f"planned {message.id}: {len(score.notes)} notes")

    def _on_key_goal(self, message: msg.KeyGoal) -> None:
        self._goal = message
        self._answer()

    def _on_joint_states(self, message: JointState) -> None:
        self._state = message
        self._answer()

    def _answer(self) -> None:
        """Publish a command when goal and state of the same instant are there, in either order."""
        goal, state, plan = self._goal, self._state, self._plan
        if goal is None or state is None or goal.header.stamp != state.header.stamp:
            return
        self._goal = None
        if plan is None or goal.score_sha256 != self._sha256 or goal.phase == goal.FINISHED:
            return
        with self._timing.measure("step"):
            step = conversions.from_key_goal(goal).score_step
            measured = conversions.joint_positions(state, self._hands.joint_names)
            target, sustain = plan.command(step, measured)
            self._command.publish(
                conversions.to_trajectory(
                    self._names,
                    np.append(target, float(sustain)),
                    conversions.from_time(goal.header.stamp),
                    goal.dt_s,
                )
            )


def main() -> None:
    """Run the node."""
    run(ExpertNode)


if __name__ == "__main__":
    main()
