"""The expert: plans the whole score when it comes, or takes the plan that it was given."""

from pathlib import Path

import numpy as np

from pianomime.errors import ModelError
from pianomime.perception.demonstration import load_demonstration
from pianomime.planning.lead_over import LeadOver
from pianomime.planning.performance_plan import PerformancePlan, plan_performance
from pianomime.refinement.learned_file import load_learned
from pianomime.score.message import from_message
from pianomime.score.score import Score
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
        """Declare the parameters."""
        super().__init__("expert", ExpertConfig)

    def configure(self) -> None:
        """Read what has been learned and shown.

        Raises:
            ModelError: The learned performance is not for these hands, or no such file.
            DemonstrationError: There is no such demonstration.
        """
        super().configure()
        self._plan: PerformancePlan | None = None
        self._score: Score | None = None
        self._sha256 = ""
        self._lead_over = LeadOver(len(self.hands.joint_names))
        self._learned = None
        if self.config.learned:
            self._learned = load_learned(Path(self.config.learned))
            self._learned.check_hands(self.config.embodiment)
            self._learned.check_joints(self.hands.joint_names)
        self._demonstration = None
        if self.config.demo:
            self._demonstration = load_demonstration(Path(self.config.demo))

    def activate(self) -> None:
        """Wait for a score."""
        super().activate()
        self.listen(topics.SCORE, self._on_score)

    def reset(self) -> None:
        """Lead over to the plan from where the hands are."""
        self._lead_over.reset()

    def _on_score(self, message: msg.Score) -> None:
        score = from_message(message)
        if score == self._score:
            return
        self._score, self._sha256 = score, message.sha256
        self._lead_over.reset()
        if self._learned is not None:
            try:
                self._learned.check_score(message.sha256)
            except ModelError as error:
                self.get_logger().error(f"{error}; plan it instead")
            else:
                self._plan = self._learned.plan
                return
        lead = round(message.lead_in_s / CONTROL_DT_S)
        tail = round(self.config.tail_s / CONTROL_DT_S)
        with self.diagnostics.measure("plan"):
            self._plan = plan_performance(
                score,
                self.hands,
                CONTROL_DT_S,
                lead,
                tail,
                self._manner(message.sha256),
                self.config,
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
        target, sustain = plan.command(step, measured)
        return target + self._lead_over.offset(plan, step, measured), sustain


def main() -> None:
    """Run the node."""
    run(ExpertNode)


if __name__ == "__main__":
    main()
