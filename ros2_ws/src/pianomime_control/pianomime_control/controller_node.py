"""Base class of controller nodes: one command per goal."""

import time
from collections.abc import Mapping

import numpy as np
from sensor_msgs.msg import JointState

from pianomime.command import Command
from pianomime.config import Config
from pianomime.errors import PianoMimeError
from pianomime.hands.embodiment import embodiment
from pianomime.hands.hands_model import PEDAL
from pianomime.score.step_notes import NoteName
from pianomime.simulation.model import load_model
from pianomime_common import conversions, topics
from pianomime_common.piano_node import PianoNode
from pianomime_msgs import msg


class ControllerNode(PianoNode):
    """Controller node; responds to each `key_goal` once the joint states of its stamp are received.

    Subclasses implement `answer`.
    """

    def __init__(self, source: str, config_type: type[Config]) -> None:
        """Create the node of controller `source`."""
        super().__init__(source, config_type)
        self._source = source

    def configure(self) -> None:
        """Load the hands' model and advertise."""
        self.hands = load_model(embodiment(self.config.embodiment))
        self._names = (*self.hands.joint_names, PEDAL)
        self._command = self.advertise(topics.controller_command(self._source))
        self._fingering = self.advertise(topics.FINGERING)

    def activate(self) -> None:
        """Subscribe to goals and joint states."""
        self._goal: msg.KeyGoal | None = None  # unanswered goal
        self._goal_s = 0.0  # time of its arrival [s, steady clock]
        self._state: JointState | None = None
        self._fingered: tuple[str, dict[int, int]] = "", {}  # score hash, published fingering
        self.reset()
        self.listen(topics.KEY_GOAL, self._on_key_goal)
        self.listen(topics.JOINT_STATES, self._on_joint_states)

    def answer(self, goal: conversions.KeyGoal, measured: np.ndarray) -> Command | None:
        """Compute the command of a goal from joint positions `measured`, (n,) [rad, m]; or None."""
        raise NotImplementedError

    def reset(self) -> None:
        """Reset all state that depends on earlier goals."""

    def is_ready(self, goal: msg.KeyGoal) -> bool:
        """Return whether all inputs for a goal, besides the joint states, are available."""
        return True

    def publish_chosen(self, goal: conversions.KeyGoal, chosen: Mapping[NoteName, int]) -> None:
        """Publish the fingers chosen so far for the notes of a goal."""
        notes = goal.goal.step_notes
        fingers = {note.index: chosen[note.name] for note in notes if note.name in chosen}
        self.publish_fingering(goal.score_sha256, fingers, goal.stamp_s)

    def publish_fingering(self, sha256: str, fingers: dict[int, int], stamp_s: float) -> None:
        """Publish new or changed fingers of notes, keyed by note index."""
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
        """Publish a command if goal and joint states of the same stamp are available."""
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
        """Return the goal that has waited for joint states for at least `age_s` [s], if any."""
        message = self._goal
        if message is None or message.phase == message.FINISHED:
            return None
        waited_s = time.monotonic() - self._goal_s
        return None if waited_s < age_s else self._read(message)

    def answer_unseen(self, goal: conversions.KeyGoal, answer: Command) -> None:
        """Answer a late goal without waiting for its joint states."""
        self._goal = None
        self.publish(goal, answer)

    def publish(self, goal: conversions.KeyGoal, answer: Command | None) -> None:
        """Publish the command of a goal, if there is one."""
        if answer is not None:
            message = conversions.command_to_trajectory(self._names, answer, goal.stamp_s)
            self._command.publish(message)

    def _read(self, message: msg.KeyGoal) -> conversions.KeyGoal | None:
        """Convert a goal message; report a problem and return None if it is invalid."""
        try:
            goal = conversions.from_key_goal(message)
        except PianoMimeError as error:
            self.diagnostics.problem("key_goal", f"{error}; ignored")
            return None
        self.diagnostics.solved("key_goal")
        return goal
