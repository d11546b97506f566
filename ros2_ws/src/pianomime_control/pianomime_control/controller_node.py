"""What every controller of the hands does as a node: one command for each goal."""

from typing import Any

import numpy as np
from sensor_msgs.msg import JointState

from pianomime.config import Config
from pianomime.hands.embodiment import embodiment
from pianomime.hands.hands_model import PEDAL, HandsModel
from pianomime.simulation.model import load_model
from pianomime_common import conversions, topics
from pianomime_common.parameters import declare
from pianomime_common.running import PianoNode
from pianomime_common.timing import Timing
from pianomime_msgs import msg

Answer = tuple[np.ndarray, bool]


class ControllerNode(PianoNode):
    """Answer each `key_goal` with the joints' targets, once the hands' state of its instant came.

    Subclasses say what the answer is.
    """

    def __init__(self, source: str, config_type: type[Config]) -> None:
        """Wait for goals, as controller `source`."""
        super().__init__(source)
        self.config: Any = declare(self, config_type)
        self.hands = HandsModel.of(load_model(embodiment(self.config.embodiment)))
        self.timing = Timing(self)
        self._names = (*self.hands.joint_names, PEDAL)
        self._goal: msg.KeyGoal | None = None
        self._state: JointState | None = None
        self._command = self.advertise(topics.controller_command(source))
        self.listen(topics.KEY_GOAL, self._on_key_goal)
        self.listen(topics.JOINT_STATES, self._on_joint_states)

    def answer(self, goal: conversions.KeyGoal, measured: np.ndarray) -> Answer | None:
        """Return target (n,) [rad, m] and pedal for a goal; None if there is nothing to say."""
        raise NotImplementedError

    def is_ready(self, goal: msg.KeyGoal) -> bool:
        """Return whether all that the answer to a goal needs has come; the joints' state has."""
        return True

    def _on_key_goal(self, message: msg.KeyGoal) -> None:
        self._goal = message
        self.try_answer()

    def _on_joint_states(self, message: JointState) -> None:
        self._state = message
        self.try_answer()

    def try_answer(self) -> None:
        """Publish a command when goal and state of the same instant are there, in either order."""
        message, state = self._goal, self._state
        if message is None or state is None or message.header.stamp != state.header.stamp:
            return
        if not self.is_ready(message):
            return
        self._goal = None
        if message.phase == message.FINISHED:
            return
        with self.timing.measure("step"):
            goal = conversions.from_key_goal(message)
            measured = conversions.joint_positions(state, self.hands.joint_names)
            answer = self.answer(goal, measured)
            if answer is not None:
                target, sustain = answer
                self._command.publish(
                    conversions.to_trajectory(
                        self._names, np.append(target, float(sustain)), goal.stamp_s, goal.dt_s
                    )
                )
