"""Expert node: plans the whole score in advance, or plays a learned performance."""

from pathlib import Path

import numpy as np

from pianomime.command import Command
from pianomime.errors import ModelError
from pianomime.fingering.fingering import assign_fingers, dropped_notes
from pianomime.perception.demonstration import load_demonstration
from pianomime.planning.feedback import Feedback
from pianomime.planning.follower import Follower
from pianomime.planning.lead_over import LeadOver
from pianomime.planning.performance_plan import PerformancePlan, plan_performance
from pianomime.refinement.learned_file import load_learned
from pianomime.score.message import from_message
from pianomime.score.score import Score
from pianomime.timing import Timing
from pianomime_common import conversions, topics
from pianomime_common.running import run
from pianomime_control.controller_node import ControllerNode
from pianomime_control.expert_config import ExpertConfig
from pianomime_msgs import msg


class ExpertNode(ControllerNode):
    """Controller that plays the plan of a whole score.

    The plan is a deterministic function of the score, so an expert that restarts during a song
    continues at the requested decision.
    """

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__("expert", ExpertConfig)

    def configure(self) -> None:
        """Read the learned performance and the demonstration.

        Raises:
            ModelError: The learned performance is invalid, or for other hands or another timing.
            DemonstrationError: The demonstration is invalid, or has another timing.
        """
        super().configure()
        self._plan: PerformancePlan | None = None
        self._feedback = Feedback(self.hands)
        self._score: Score | None = None
        self._sha256, self._lead_in_s = "", 0.0
        self._lead_over = LeadOver(len(self.hands.joint_names))
        self._learned = None
        if self.config.learned:
            self._learned = load_learned(Path(self.config.learned), self.hands.spec)
            self._learned.check_timing(self.config.timing)
            self._learned.check_joints(self.hands.joint_names)
        self._demonstration = None
        if self.config.demo:
            self._demonstration = load_demonstration(Path(self.config.demo))
            self._demonstration.check_timing(self.config.timing)

    def activate(self) -> None:
        """Subscribe to the score as well."""
        super().activate()
        self.listen(topics.SCORE, self._on_score)

    def reset(self) -> None:
        """Blend to the plan from the measured position of the hands."""
        self._lead_over.reset()

    def _on_score(self, message: msg.Score) -> None:
        score = from_message(message)
        if score == self._score:
            return
        self._score, self._sha256, self._lead_in_s = score, message.sha256, message.lead_in_s
        self._lead_over.reset()
        stamp_s = conversions.from_time(message.header.stamp)
        if self._learned is not None:
            try:
                self._learned.check_score(message.sha256)
            except ModelError as error:
                self.get_logger().error(f"{error}; planning it instead")
            else:
                self._plan = self._learned.plan
                fingers = dict(enumerate(self._learned.fingers))
                self.publish_fingering(message.sha256, fingers, stamp_s)
                return
        self._make_plan(self.config.timing, stamp_s)

    def _make_plan(self, timing: Timing, stamp_s: float) -> None:
        """Assign fingers, publish them, and plan the score."""
        assert self._score is not None
        score, demo_tips = self._score, None
        demonstration = self._demonstration
        if demonstration is not None and demonstration.sha256 == self._sha256:
            score = demonstration.fingered(score)
            if demonstration.step_s == timing.decision_s:  # otherwise only its fingering is used
                demo_tips = demonstration.tips_m
        with self.diagnostics.measure("plan"):
            fingered = assign_fingers(score, timing, self.hands.spec)
            self._plan = plan_performance(
                fingered,
                self.hands,
                timing,
                lead_in_s=self._lead_in_s,
                tail_s=self.config.tail_s,
                demo_tips=demo_tips,
                limits=self.config,
            )
        fingers = {i: note.finger for i, note in enumerate(fingered.notes)}
        self.publish_fingering(self._sha256, fingers, stamp_s)
        self.get_logger().info(f"planned {score.title}: {len(score.notes)} notes")
        if dropped := dropped_notes(fingered):
            self.get_logger().warning(
                f"no finger is free for {len(dropped)} of {len(score.notes)} notes: "
                + ", ".join(dropped)
            )

    def answer(self, goal: conversions.KeyGoal, measured: np.ndarray) -> Command | None:
        """Return the plan's command; None until the goal's score is planned."""
        plan, decision = self._plan, goal.goal
        if plan is None or goal.score_sha256 != self._sha256:
            return None
        if plan.timing != decision.timing:
            if self._learned is not None and plan is self._learned.plan:
                self.diagnostics.problem(
                    "timing", f"goals have {decision.timing}; learned with {plan.timing}"
                )
                return None
            self._make_plan(decision.timing, goal.stamp_s)
            plan = self._plan
        self.diagnostics.solved("timing")
        offset = self._lead_over.offset(plan, decision.step, measured)
        return Follower(plan, self._feedback)(decision.step, measured).moved(offset)


def main() -> None:
    """Run the node."""
    run(ExpertNode)


if __name__ == "__main__":
    main()
