"""Hands and piano as they look at an instant, without physics."""

import mujoco
import numpy as np
from numpy.typing import NDArray

from pianomime.hands.hands_model import HandsModel
from pianomime.piano.geometry import key_max_angle
from pianomime.piano.key_joints import key_joints

Array = NDArray[np.float64]


class PosedStage:
    """The model in a pose that was measured.

    Attributes:
        model: Of hands and piano.
        data: Its positions; valid after `place`.
        hands: The hands in it.
        keys: MuJoCo ids of the keys' joints, (88,).
    """

    def __init__(self, hands: HandsModel) -> None:
        """Take the pose in which the hands start."""
        self.hands, self.model = hands, hands.model
        model = hands.model
        self.data = mujoco.MjData(model)
        self.keys = key_joints(model)
        self._key_qpos = model.jnt_qposadr[self.keys]
        self.place(hands.start, np.zeros(len(self.keys)))

    def place(self, joint_position: Array, key_position: Array) -> None:
        """Pose it.

        Args:
            joint_position: (n,) of the hands, in the order of `hands.joint_names` [rad, m].
            key_position: (88,) 0 up .. 1 down.
        """
        self.data.qpos[self.hands.qpos_index] = joint_position
        self.data.qpos[self._key_qpos] = key_position * key_max_angle()
        mujoco.mj_kinematics(self.model, self.data)
