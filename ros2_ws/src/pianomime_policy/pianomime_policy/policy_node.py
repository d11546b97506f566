"""Policy node: runs a learned policy, from any pose of the hands."""

from pathlib import Path
from typing import Final

import numpy as np

from pianomime.command import Command
from pianomime.errors import ModelError
from pianomime.policy.player import PolicyPlayer
from pianomime.policy.registry import make_policy, read_policy
from pianomime.timing import Timing
from pianomime_common import conversions, topics
from pianomime_common.running import run
from pianomime_control.controller_node import ControllerNode
from pianomime_msgs import msg
from pianomime_policy.bundled import bundled_checkpoint
from pianomime_policy.policy_config import PolicyConfig

LATE: Final = 0.5
"""Longest wait for the states of hands and keys, as a share of a decision."""

WATCH_S: Final = 0.005
"""Period of the check for late joint states [s]."""


class PolicyNode(ControllerNode):
    """Controller that answers each goal with the policy's command for the measured state.

    If the state is late or not finite, the rest of the last action chunk is executed. After its
    end the node publishes no commands, and the gate lifts the hands.
    """

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__("policy", PolicyConfig)

    def configure(self) -> None:
        """Load the policy.

        Raises:
            ModelError: The checkpoint is broken, or for other hands or another timing.
        """
        super().configure()
        hands, timing = self.hands.spec, self.config.timing
        path = Path(self.config.checkpoint or bundled_checkpoint(hands))
        self._checkpoint = read_policy(path, hands, timing)
        self._use(timing)
        self._overruns = 0  # decisions without a command
        self._unseen = 0  # commands computed without an observation

    def activate(self) -> None:
        """Subscribe to the keys' state as well; in real time, watch for late joint states."""
        super().activate()
        self._piano: msg.PianoState | None = None
        self.listen(topics.PIANO_STATE, self._on_piano_state)
        if not self.config.lock_step:
            self.every(WATCH_S, self._look_for_late_hands)

    def reset(self) -> None:
        """Restart the policy at the next goal."""
        self._answered: tuple[conversions.KeyGoal, Command] | None = None

    def is_ready(self, goal: msg.KeyGoal) -> bool:
        """Return whether the goal's piano state has been received and is finite."""
        piano = self._piano
        if piano is None or piano.header.stamp != goal.header.stamp:
            return False
        if not np.isfinite(piano.position).all():
            self.diagnostics.problem("piano_state", "not finite; ignored")
            return False
        self.diagnostics.solved("piano_state")
        return True

    def answer(self, goal: conversions.KeyGoal, measured: np.ndarray) -> Command | None:
        """Return the policy's command."""
        if self._answered is not None and _same(self._answered[0], goal):
            return self._answered[1]  # a waiting simulation repeats its state
        decision = goal.goal
        if not self._continues(goal):
            if not self._switch_timing(decision.timing):
                return None
            self._player.reset()
        keys = np.array(self._piano.position)
        command = self._player.step(
            decision.step, decision.step_notes, decision.sustain, measured, keys
        )
        self.publish_chosen(goal, self._player.fingers)
        return self._remember(goal, command)

    def _switch_timing(self, timing: Timing) -> bool:
        """Load the policy for a timing; if it has another one, report this and return False."""
        if timing == self._timing:
            return True
        try:
            self._use(timing)
        except ModelError as error:
            self.diagnostics.problem("key_goal", f"{error}; ignored")
            return False
        return True

    def _use(self, timing: Timing) -> None:
        policy = make_policy(self._checkpoint, self.hands, timing)
        self._player, self._timing = PolicyPlayer(policy, timing), timing

    def _look_for_late_hands(self) -> None:
        goal = self.late_goal(LATE * self._timing.decision_s)
        command = None if goal is None else self._carry_on(goal)
        if goal is not None and command is not None:  # otherwise the state may still arrive
            self.answer_unseen(goal, command)

    def _carry_on(self, goal: conversions.KeyGoal) -> Command | None:
        """Return the command of a decision from the last action chunk; None after its end."""
        if not self._continues(goal):
            return None
        command = self._player.carry_on(goal.goal.step, goal.goal.sustain)
        if command is None:
            return None
        self._unseen += 1
        self.diagnostics.count("commanded unseen", self._unseen)
        return self._remember(goal, command)

    def _continues(self, goal: conversions.KeyGoal) -> bool:
        """Return whether a goal is later than the last answered one, in the same song."""
        if self._answered is None:
            return False
        last = self._answered[0]
        same_song = last.score_sha256 == goal.score_sha256 and self._timing == goal.goal.timing
        return same_song and last.goal.step < goal.goal.step

    def _remember(self, goal: conversions.KeyGoal, command: Command) -> Command:
        """Remember and return the answer to a goal."""
        if self._continues(goal):
            self._overruns += goal.goal.step - self._answered[0].goal.step - 1
            self.diagnostics.count("overruns", self._overruns)
        self._answered = goal, command
        return command

    def _on_piano_state(self, message: msg.PianoState) -> None:
        self._piano = message
        self.try_answer()


def _same(one: conversions.KeyGoal, other: conversions.KeyGoal) -> bool:
    """Return whether both goals are of the same decision of the same score."""
    return (one.score_sha256, one.goal.timing, one.goal.step) == (
        other.score_sha256,
        other.goal.timing,
        other.goal.step,
    )


def main() -> None:
    """Run the node."""
    run(PolicyNode)


if __name__ == "__main__":
    main()
