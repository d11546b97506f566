"""What every controller of the hands does as a node: one command for each goal."""

import time

import numpy as np
from sensor_msgs.msg import JointState

from pianomime.command import Command
from pianomime.config import Config
from pianomime.errors import PianoMimeError
from pianomime.hands.embodiment import embodiment
from pianomime.hands.hands_model import PEDAL
from pianomime.simulation.model import load_model
from pianomime_common import conversions, topics
from pianomime_common.piano_node import PianoNode
from pianomime_msgs import msg


class ControllerNode(PianoNode):
    """Answer each `key_goal` with a command, once the hands' state of its instant has come.

    Subclasses implement `answer`.
    """

    def __init__(self, source: str, config_type: type[Config]) -> None:
        """Be controller `source`."""
        super().__init__(source, config_type)
        self._source = source

    def configure(self) -> None:
        """Load the hands' model."""
        self.hands = load_model(embodiment(self.config.embodiment))
        self._names = (*self.hands.joint_names, PEDAL)
        self._command = self.advertise(topics.controller_command(self._source))
        self._fingering = self.advertise(topics.FINGERING)

    def activate(self) -> None:
        """Wait for goals."""
        self._goal: msg.KeyGoal | None = None  # not answered yet
        self._goal_s = 0.0  # since when, steady
        self._state: JointState | None = None
        self._fingered: tuple[str, dict[int, int]] = "", {}  # as published, of which score
        self.reset()
        self.listen(topics.KEY_GOAL, self._on_key_goal)
        self.listen(topics.JOINT_STATES, self._on_joint_states)

    def answer(self, goal: conversions.KeyGoal, measured: np.ndarray) -> Command | None:
        """Return the command that answers a goal; None if there is none."""
        raise NotImplementedError

    def reset(self) -> None:
        """Forget what belongs to an earlier time."""

    def is_ready(self, goal: msg.KeyGoal) -> bool:
        """Return whether all that the answer to a goal needs has come; the joints' state has."""
        return True

    def publish_fingering(self, sha256: str, fingers: dict[int, int], stamp_s: float) -> None:
        """Publish the fingers chosen for notes of a score, by their index, where they are new."""
        before = self._fingered[1] if self._fingered[0] == sha256 else {}
        new = {index: finger for index, finger in fingers.items() if before.get(index) != finger}
        if new:
            self._fingered = sha256, before | new
            self._fingering.publish(conversions.to_fingering(self._source, sha256, new, stamp_s))

    def _on_key_goal(self, message: msg.KeyGoal) -> None:
        self._goal, self._goal_s = message, time.monotonic()
        self.try_answer()

    def _on_joint_states(self, message: JointState) -> None:
        stamp_s, before = conversions.from_time(message.header.stamp), self._state
        if before is not None and stamp_s < conversions.from_time(before.header.stamp):
            self._goal = None  # the clock went back
            self.reset()
        self._state = message
        self.try_answer()

    def try_answer(self) -> None:
        """Publish a command when goal and state of the same instant are there, in either order."""
        message, state = self._goal, self._state
        if message is None or state is None or message.header.stamp != state.header.stamp:
            return
        if not self.is_ready(message):
            return
        measured = self.joints_in(state, self.hands.joint_names)
        if measured is None:
            return
        self._goal = None
        if message.phase == message.FINISHED:
            return
        with self.diagnostics.measure("step"):
            goal = self._read(message)
            if goal is not None:
                self.publish(goal, self.answer(goal, measured))

    def late_goal(self, age_s: float) -> conversions.KeyGoal | None:
        """Return the goal that has waited so long for the hands' state, if one has."""
        message = self._goal
        if message is None or message.phase == message.FINISHED:
            return None
        waited_s = time.monotonic() - self._goal_s
        return None if waited_s < age_s else self._read(message)

    def answer_unseen(self, goal: conversions.KeyGoal, answer: Command) -> None:
        """Answer a late goal; the state that it waited for is not waited for any more."""
        self._goal = None
        self.publish(goal, answer)

    def publish(self, goal: conversions.KeyGoal, answer: Command | None) -> None:
        """Publish the answer to a goal, if there is one."""
        if answer is not None:
            message = conversions.command_to_trajectory(self._names, answer, goal.stamp_s)
            self._command.publish(message)

    def _read(self, message: msg.KeyGoal) -> conversions.KeyGoal | None:
        """Return the goal of a message; None, and a problem, if it is not legal."""
        try:
            goal = conversions.from_key_goal(message)
        except PianoMimeError as error:
            self.diagnostics.problem("key_goal", f"{error}; ignored")
            return None
        self.diagnostics.solved("key_goal")
        return goal
