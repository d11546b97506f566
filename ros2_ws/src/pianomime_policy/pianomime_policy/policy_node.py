"""The generalist: plays what the goals ask, from wherever the hands are."""

from pathlib import Path
from typing import Final

import numpy as np

from pianomime.policy.checkpoint import load_checkpoint
from pianomime.policy.generalist import Generalist
from pianomime.simulation.model import CONTROL_DT_S
from pianomime_common import conversions, topics
from pianomime_common.running import run
from pianomime_control.controller_node import Answer, ControllerNode
from pianomime_msgs import msg
from pianomime_policy.policy_config import PolicyConfig
from pianomime_policy.shipped import shipped_checkpoint

LATE_S: Final = 0.5 * CONTROL_DT_S
"""Hands and keys are waited for no longer, so that the answer is still in time."""

WATCH_S: Final = 0.005


class PolicyNode(ControllerNode):
    """Answer each goal once hands and keys of its instant are known.

    Where they do not come, or are no numbers, what is left of the fingertips that were said last
    is followed; when nothing is, the node is silent, and the gate lifts the hands.
    """

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__("policy", PolicyConfig)

    def configure(self) -> None:
        """Load the policy.

        Raises:
            ModelError: The checkpoint is no good, or not for these hands.
        """
        super().configure()
        body = self.config.embodiment
        path = Path(self.config.checkpoint or shipped_checkpoint(body))
        checkpoint = load_checkpoint(path)
        checkpoint.check_embodiment(body)
        checkpoint.check_hands(self.hands)
        self._generalist = Generalist(self.hands, checkpoint.networks)
        self._overruns = 0  # steps that went by without a command of ours
        self._unseen = 0  # steps that were commanded without having seen the hands

    def activate(self) -> None:
        """Wait for goals."""
        super().activate()
        self._piano: msg.PianoState | None = None
        self.listen(topics.PIANO_STATE, self._on_piano_state)
        if not self.config.lock_step:
            self.every(WATCH_S, self._look_for_late_hands)

    def reset(self) -> None:
        """Forget the song so far."""
        self._said: tuple[int, str, Answer] | None = None

    def is_ready(self, goal: msg.KeyGoal) -> bool:
        """Return whether the keys' state of the goal's instant has come, and is of numbers."""
        piano = self._piano
        if piano is None or piano.header.stamp != goal.header.stamp:
            return False
        if not np.isfinite(piano.position).all():
            self.diagnostics.problem("piano_state", "not finite; ignored")
            return False
        self.diagnostics.solved("piano_state")
        return True

    def answer(self, goal: conversions.KeyGoal, measured: np.ndarray) -> Answer | None:
        """Return the policy's command."""
        if self._said is not None and self._said[:2] == (goal.score_step, goal.score_sha256):
            return self._said[2]  # a simulation that waits repeats itself
        keys = np.array(self._piano.position)
        if not self._goes_on(goal):
            self._generalist.reset()
        return self._remember(
            goal, self._generalist.step(goal.score_step, goal.keys, measured, keys)
        )

    def _look_for_late_hands(self) -> None:
        goal = self.late_goal(LATE_S)
        answer = None if goal is None else self._carry_on(goal)
        if goal is not None and answer is not None:  # else they may still come
            self.answer_unseen(goal, answer)

    def _carry_on(self, goal: conversions.KeyGoal) -> Answer | None:
        """Return the command for a step whose hands were not seen, if there is anything left."""
        if not self._goes_on(goal):
            return None
        target = self._generalist.carry_on(goal.score_step, goal.keys)
        if target is None:
            return None
        self._unseen += 1
        self.diagnostics.count("commanded unseen", self._unseen)
        return self._remember(goal, target)

    def _goes_on(self, goal: conversions.KeyGoal) -> bool:
        """Return whether a goal is a later one of the same song as that answered last."""
        if self._said is None:
            return False
        step, song, _ = self._said
        return song == goal.score_sha256 and step < goal.score_step

    def _remember(self, goal: conversions.KeyGoal, target: np.ndarray) -> Answer:
        """Remember and return the answer to a goal."""
        if self._goes_on(goal):
            self._overruns += goal.score_step - self._said[0] - 1
            self.diagnostics.count("overruns", self._overruns)
        answer = target, bool(goal.sustain[0])
        self._said = goal.score_step, goal.score_sha256, answer
        return answer

    def _on_piano_state(self, message: msg.PianoState) -> None:
        self._piano = message
        self.try_answer()


def main() -> None:
    """Run the node."""
    run(PolicyNode)


if __name__ == "__main__":
    main()
