"""What every controller of the hands does as a node: one command for each goal."""

import time

import numpy as np
from sensor_msgs.msg import JointState

from pianomime.config import Config
from pianomime.hands.embodiment import embodiment
from pianomime.hands.hands_model import PEDAL, HandsModel
from pianomime.simulation.model import load_model
from pianomime_common import conversions, topics
from pianomime_common.piano_node import PianoNode
from pianomime_msgs import msg

Answer = tuple[np.ndarray, bool]


class ControllerNode(PianoNode):
    """Answer each `key_goal` with the joints' targets, once the hands' state of its instant came.

    Subclasses say what the answer is.
    """

    def __init__(self, source: str, config_type: type[Config]) -> None:
        """Be controller `source`."""
        super().__init__(source, config_type)
        self._source = source

    def configure(self) -> None:
        """Load the hands' model."""
        self.hands = HandsModel.of(load_model(embodiment(self.config.embodiment)))
        self._names = (*self.hands.joint_names, PEDAL)
        self._command = self.advertise(topics.controller_command(self._source))

    def activate(self) -> None:
        """Wait for goals."""
        self._goal: msg.KeyGoal | None = None  # not answered yet
        self._goal_s = 0.0  # since when, steady
        self._state: JointState | None = None
        self.reset()
        self.listen(topics.KEY_GOAL, self._on_key_goal)
        self.listen(topics.JOINT_STATES, self._on_joint_states)

    def answer(self, goal: conversions.KeyGoal, measured: np.ndarray) -> Answer | None:
        """Return target (n,) [rad, m] and pedal for a goal; None if there is nothing to say."""
        raise NotImplementedError

    def reset(self) -> None:
        """Forget what belongs to an earlier time."""

    def is_ready(self, goal: msg.KeyGoal) -> bool:
        """Return whether all that the answer to a goal needs has come; the joints' state has."""
        return True

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
            goal = conversions.from_key_goal(message)
            self.publish(goal, self.answer(goal, measured))

    def late_goal(self, age_s: float) -> conversions.KeyGoal | None:
        """Return the goal that has waited so long for the hands' state, if one has."""
        message = self._goal
        if message is None or message.phase == message.FINISHED:
            return None
        waited_s = time.monotonic() - self._goal_s
        return None if waited_s < age_s else conversions.from_key_goal(message)

    def answer_unseen(self, goal: conversions.KeyGoal, answer: Answer) -> None:
        """Answer a late goal; the state that it waited for is not waited for any more."""
        self._goal = None
        self.publish(goal, answer)

    def publish(self, goal: conversions.KeyGoal, answer: Answer | None) -> None:
        """Publish the answer to a goal, if there is one."""
        if answer is None:
            return
        target, sustain = answer
        self._command.publish(
            conversions.to_trajectory(
                self._names, np.append(target, float(sustain)), goal.stamp_s, goal.dt_s
            )
        )
