"""Both hands as if they were right hands, so that one network serves both.

The hands have to be mirror images in y = 0, as the Shadow hands are: a left hand's pose with its
place along the keyboard turned around is that of a right hand whose world is mirrored. Everything
the networks see is in this frame: joint coordinates (see `HandKinematics`), y of fingertips and
keys times `MIRROR`, fingers thumb first.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.errors import ModelError
from pianomime.hands.fingers import SIDES
from pianomime.hands.hands_model import HandsModel
from pianomime.hands.kinematics import HandKinematics
from pianomime.planning.fingertip_plan import FingertipPlanConfig

Array = NDArray[np.float64]

MIRROR: Final = np.array([-1.0, 1.0])
"""Factor on y for the left and the right hand."""

_SAME_M: Final = 1e-9


class HandFrame:
    """The frame of two mirrored hands.

    Attributes:
        kinematics: Of a right hand, whose fingertips are those of either hand in this frame.
        layout: The hands' fingers.
        names: Of the coordinates, (na,).
        slides: Which coordinates are slides, (na,).
        along: The coordinate that moves the hand along the keyboard.
        relaxed: Relaxed pose, (na,).
        geometry: Where on the keys these hands press.
        beside: Which coordinates do not move the hand along the keyboard, (na,).
        action_scale: Unit of actions, (na,): 20 mm for a slide, 0.3 rad for a joint.
        posture_scale: Unit of poses as networks see them, (na,).
        step_weight: Weight of a step of inverse kinematics, (na,): a slide moves cm, a joint
            tenths of a radian.
    """

    def __init__(self, hands: HandsModel) -> None:
        """Read the hands.

        Raises:
            ModelError: They are not mirror images.
        """
        left, right = (HandKinematics(hands, side) for side in range(len(SIDES)))
        self._sides = (left, right)
        self._n = len(hands.joint_names)
        self.kinematics = right
        self.layout = hands.spec.layout
        self.names = right.names
        self.slides, self.along, self.relaxed = right.slides, right.along, right.relaxed
        self.geometry = FingertipPlanConfig.of(hands.spec)
        self.beside = np.arange(right.n) != self.along
        self.action_scale = np.where(self.slides, 0.02, 0.3)
        self.posture_scale = np.where(self.slides, 0.02, 0.5)
        self.step_weight = np.where(self.slides, 0.05, 0.3) ** -2.0
        self._turn = np.ones((len(SIDES), right.n))
        self._turn[0, self.along] = -1.0
        self._check_mirrored(left)

    @property
    def n(self) -> int:
        """Number of coordinates of one hand."""
        return self.kinematics.n

    def poses(self, position: Array) -> Array:
        """Return the poses (..., 2, na) of joint positions (..., n) [rad, m]."""
        both = np.stack([side.pose(position) for side in self._sides], axis=-2)
        return np.asarray(both * self._turn)

    def joints(self, poses: Array) -> Array:
        """Return the joint positions (..., n) [rad, m] of poses (..., 2, na)."""
        turned = poses * self._turn
        position = np.empty((*poses.shape[:-2], self._n))
        for i, side in enumerate(self._sides):
            position[..., side.joints] = turned[..., i, :] @ side.expand.T
        return position

    def fingertips(self, poses: Array) -> Array:
        """Return the fingertips (..., fingers, 3) [m] of poses (..., na)."""
        flat = self.kinematics.fingertips(poses.reshape(-1, self.n)).position
        return flat.reshape(*poses.shape[:-1], *flat.shape[1:])

    def _check_mirrored(self, left: HandKinematics) -> None:
        if left.names != self.names:
            raise ModelError("the hands have different joints")
        trial = self.kinematics.lower + 0.3 * (self.kinematics.upper - self.kinematics.lower)
        mine = left.fingertips((trial * self._turn[0])[None]).position * (1.0, -1.0, 1.0)
        theirs = self.kinematics.fingertips(trial[None]).position
        if not np.allclose(mine, theirs, atol=_SAME_M):
            raise ModelError("the policy plays hands that are mirror images; these are not")


def random_pose(frame: HandFrame, rng: np.random.Generator) -> Array:
    """Return joint positions (n,) with the hands somewhere over the keys, crossed perhaps."""
    kinematics = frame.kinematics
    middle, half = frame.relaxed, 0.25 * (kinematics.upper - kinematics.lower)
    poses = middle + rng.uniform(-half, half, (2, frame.n))
    poses = np.clip(poses, kinematics.lower, kinematics.upper)
    poses[:, frame.along] = rng.uniform(-0.15, 0.25, 2)  # outwards is positive
    lift = frame.slides & (kinematics.upper == 0.0)
    poses[:, lift] = 0.0  # a hand that is put into the keys would break the physics
    return frame.joints(poses)
