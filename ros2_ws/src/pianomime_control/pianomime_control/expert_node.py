"""The expert: plans the whole score when it comes, or takes the plan that it was given."""

from pathlib import Path

import numpy as np

from pianomime.errors import ModelError
from pianomime.perception.demonstration import load_demonstration
from pianomime.planning.performance_plan import FEEDBACK_GAIN, PerformancePlan, plan_performance
from pianomime.refinement.learnt_file import load_learnt
from pianomime.score.message import from_message
from pianomime.simulation.model import CONTROL_DT_S
from pianomime_common import conversions, topics
from pianomime_common.running import run
from pianomime_control.controller_node import Answer, ControllerNode
from pianomime_control.expert_config import ExpertConfig
from pianomime_msgs import msg


class ExpertNode(ControllerNode):
    """Answer each goal of the score it has planned with the command of that step.

    The plan depends on the score alone, so an expert that is replaced in mid-song plans the same
    and goes on at the step that is asked for.
    """

    def __init__(self) -> None:
        """Wait for a score.

        Raises:
            ModelError: The learnt performance is not for these hands, or no such file.
            DemonstrationError: There is no such demonstration.
        """
        super().__init__("expert", ExpertConfig)
        self._plan: PerformancePlan | None = None
        self._sha256 = ""
        self._off = np.zeros(len(self.hands.joint_names))
        self._learnt = None
        if self.config.learnt:
            self._learnt = load_learnt(Path(self.config.learnt))
            self._learnt.check_hands(self.config.embodiment)
            self._learnt.check_joints(self.hands.joint_names)
        self._demonstration = None
        if self.config.demo:
            self._demonstration = load_demonstration(Path(self.config.demo))
        self.listen(topics.SCORE, self._on_score)

    def _on_score(self, message: msg.Score) -> None:
        if message.sha256 == self._sha256:
            return
        score = from_message(message)
        self._sha256 = message.sha256
        if self._learnt is not None:
            try:
                self._learnt.check_score(message.sha256)
            except ModelError as error:
                self.get_logger().error(f"{error}; plan it instead")
            else:
                self._plan = self._learnt.plan
                return
        lead = round(message.lead_in_s / CONTROL_DT_S)
        tail = round(self.config.tail_s / CONTROL_DT_S)
        with self.timing.measure("plan"):
            self._plan = plan_performance(
                score, self.hands, CONTROL_DT_S, lead, tail, self._manner(message.sha256)
            )
        self.get_logger().info(f"planned {message.id}: {len(score.notes)} notes")

    def _manner(self, sha256: str) -> np.ndarray | None:
        """Return the demonstration's fingertips, if it is of this score."""
        demonstration = self._demonstration
        if demonstration is None or demonstration.sha256 != sha256:
            return None
        return demonstration.tips_m

    def answer(self, goal: conversions.KeyGoal, measured: np.ndarray) -> Answer | None:
        """Return the plan's command; None until the goal's score has been planned."""
        plan, step = self._plan, goal.score_step
        if plan is None or goal.score_sha256 != self._sha256:
            return None
        if step == -plan.lead:
            self._off = measured - plan.position[0]
        target, sustain = plan.command(step, measured)
        # A plan begins at the zero pose: lead the hands over from where the last song left them.
        remaining = min(max(-step / max(plan.lead, 1), 0.0), 1.0)
        return target + (1 - FEEDBACK_GAIN) * _smooth(remaining) * self._off, sustain


def _smooth(share: float) -> float:
    """Return 0 .. 1 for 0 .. 1, with no slope at the ends."""
    return share**2 * (3 - 2 * share)


def main() -> None:
    """Run the node."""
    run(ExpertNode)


if __name__ == "__main__":
    main()
