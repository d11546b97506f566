"""URDF and TF of hands and piano, for RViz, Foxglove and whoever else knows TF."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from geometry_msgs.msg import TransformStamped
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage

from pianomime.description.files import write_description
from pianomime.description.joint_tree import JointTree
from pianomime.errors import OutputError
from pianomime.hands.embodiment import embodiment
from pianomime.piano.geometry import N_KEYS
from pianomime.simulation.model import cache_dir, content_hash, load_model
from pianomime_common import topics
from pianomime_common.piano_node import PianoNode
from pianomime_common.running import run
from pianomime_description.description_config import DescriptionConfig
from pianomime_msgs import msg

ALL_S: Final = 1.0
"""Period at which keys at rest are published; hands and moving keys are with each state [s]."""


class DescriptionNode(PianoNode):
    """Publish `robot_description` once and `tf` with each state of hands and piano.

    It does what robot_state_publisher does, for keys too, which are in no `joint_states`.
    """

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__("description", DescriptionConfig)

    def configure(self) -> None:
        """Make the URDF, and its meshes in the user's cache folder."""
        hands = load_model(embodiment(self.config.embodiment))
        self._tree = JointTree.of(hands)
        name = f"description-{hands.spec.name}-{content_hash(hands.spec)}"
        try:
            self._urdf = write_description(hands, cache_dir() / name)
        except OutputError as error:  # nobody should have to do without hands for want of a cache
            self.get_logger().warning(f"{error}; the meshes go to a temporary folder")
            self._urdf = write_description(hands, Path(tempfile.mkdtemp(prefix="pianomime-")))
        self._description = self.advertise(topics.ROBOT_DESCRIPTION)
        self._tf = self.advertise(topics.TF)
        self._tf_static = self.advertise(topics.TF_STATIC)
        moving = [self._tree.joints[i] for i in self._tree.moving]
        self._messages = [_transform(joint.parent, joint.child) for joint in moving]

    def activate(self) -> None:
        """Publish the fixed transforms, and subscribe to the states."""
        self._description.publish(String(data=self._urdf))
        fixed = []
        for joint in (self._tree.joints[i] for i in self._tree.fixed):
            fixed.append(_transform(joint.parent, joint.child))
            _place(fixed[-1], joint.position, joint.quaternion)
        self._tf_static.publish(TFMessage(transforms=fixed))
        self._keys = np.zeros(N_KEYS)
        self._published = np.full(N_KEYS, np.nan)
        self._all_published_s = -np.inf
        self.listen(topics.JOINT_STATES, self._on_joint_states)
        self.listen(topics.PIANO_STATE, self._on_piano_state)

    def _on_piano_state(self, message: msg.PianoState) -> None:
        self._keys = np.array(message.position, float)

    def _on_joint_states(self, message: JointState) -> None:
        with self.diagnostics.measure("step"):
            hands = self.joints_in(message, self._tree.joint_names)
            if hands is None:
                return
            position, quaternion = self._tree.transforms(hands, self._keys)
            moved = list(range(len(hands)))
            moved += (len(hands) + self._keys_to_publish()).tolist()
            for i in moved:
                self._messages[i].header.stamp = message.header.stamp
                _place(self._messages[i], position[i], quaternion[i])
            self._tf.publish(TFMessage(transforms=[self._messages[i] for i in moved]))

    def _keys_to_publish(self) -> np.ndarray:
        now_s = time.monotonic()
        if now_s - self._all_published_s > ALL_S:
            self._all_published_s = now_s
            keys = np.arange(N_KEYS)
        else:
            keys = np.flatnonzero(np.abs(self._keys - self._published) > 1e-3)
        self._published[keys] = self._keys[keys]
        return keys


def _transform(parent: str, child: str) -> TransformStamped:
    message = TransformStamped(child_frame_id=child)
    message.header.frame_id = parent
    return message


def _place(
    message: TransformStamped, position: Sequence[float], quaternion: Sequence[float]
) -> None:
    shift, turn = message.transform.translation, message.transform.rotation
    shift.x, shift.y, shift.z = (float(value) for value in position)
    turn.w, turn.x, turn.y, turn.z = (float(value) for value in quaternion)


def main() -> None:
    """Run the node."""
    run(DescriptionNode)


if __name__ == "__main__":
    main()
