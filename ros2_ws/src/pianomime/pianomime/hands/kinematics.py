"""Fingertip positions and Jacobians of one hand, for many poses at once.

Poses are in actuated coordinates, see `HandCoordinates`.

Each fingertip hangs on a chain of its own, from the mounting's slides over the wrist to its last
phalanx, and its place is the product of the exponentials of the chain's joints, read off the
model at its reference pose (Brockett 1984; Lynch and Park, Modern Robotics, section 4.1). Shorter
chains are filled up, so that a joint of all fingers at all poses is one numpy operation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import mujoco
import numpy as np
from numpy.typing import NDArray

from pianomime.errors import ModelError
from pianomime.hands.coordinates import HandCoordinates
from pianomime.hands.hands_model import HandsModel

Array = NDArray[np.float64]

_CROSS: Final = np.cross(np.eye(3)[:, None], np.eye(3)[None])
"""(3, 3, 3): a x b is a_i b_j CROSS_ijk."""


@dataclass(frozen=True)
class FingertipPoses:
    """Fingertips at many poses; the Jacobian is computed on demand.

    Attributes:
        position: (t, fingers, 3) [m, world], thumb first.
    """

    position: Array
    _kinematics: "HandKinematics"
    _axes: Array  # (3, hinges, fingers, t), world
    _anchors: Array  # (3, hinges, fingers, t)

    def jacobian(self) -> Array:
        """Return (t, fingers, 3, na), change of position by coordinate."""
        ax, ay, az = self._axes
        lx, ly, lz = self.position.transpose(2, 1, 0)[:, None] - self._anchors
        turned = np.stack((ay * lz - az * ly, az * lx - ax * lz, ax * ly - ay * lx), axis=-1)
        chains = np.ascontiguousarray(turned.transpose(2, 1, 3, 0))  # (t, fingers, 3, hinges)
        return np.asarray(chains @ self._kinematics._hinge_expand + self._kinematics._slide_expand)


class HandKinematics(HandCoordinates):
    """Forward kinematics of one hand, vectorised over poses.

    Attributes:
        own: (fingers, na), 1 where a coordinate moves that fingertip and no other, else 0.
    """

    def __init__(self, hands: HandsModel, side: int) -> None:
        """Read hand `side` (an index into `SIDES`) off the model.

        Raises:
            ModelError: A finger's chain has a slide after a hinge.
        """
        super().__init__(hands, side)
        self._read_chains(hands)

    def fingertips(self, pose: Array, drift: Array | None = None) -> FingertipPoses:
        """Return the fingertips at `pose`, (t, na).

        `drift` (nj,) is how far each joint is from where the coordinates have it [rad, m].
        """
        # Components come first, so that numpy works along time.
        angle = (self._hinge_expand @ pose.T - self._hinge_reference).transpose(1, 0, 2)
        if drift is not None:
            angle += np.where(self._hinge_joint < 0, 0.0, drift[self._hinge_joint]).T[..., None]
        turn = np.sin(angle) * self._sine + (1 - np.cos(angle)) * self._versine
        axes = np.empty((3, *angle.shape))
        anchors = np.empty_like(axes)
        rotation = np.eye(3)[:, :, None, None]
        place = (self._slide_expand @ pose.T)[:, None]
        for h in range(len(angle)):
            axes[:, h] = _rotate(rotation, self._axis[:, h])
            anchors[:, h] = _rotate(rotation, self._anchor[:, h]) + place
            rotation = rotation + np.einsum("abft,bcft->acft", rotation, turn[:, :, h])
            place = anchors[:, h] - _rotate(rotation, self._anchor[:, h])
        tips = _rotate(rotation, self._tip) + place
        return FingertipPoses(np.ascontiguousarray(tips.T), self, axes, anchors)

    def carried(self, pose: Array) -> Array:
        """Return how far the slides carry the hand from where they are at 0, (..., 3) [m]."""
        return np.asarray(pose @ self._slide_expand.T)

    def _read_chains(self, hands: HandsModel) -> None:
        """Read the joints' axes and anchors and the fingertips off the model's reference pose."""
        model = hands.model
        data = mujoco.MjData(model)
        mujoco.mj_kinematics(model, data)
        local = {int(joint): i for i, joint in enumerate(hands.joint_ids[self.joints])}
        sites = hands.fingertip_sites[hands.spec.layout.of_side(self.side)]
        chains = [_chain(model, int(model.site_bodyid[site])) for site in sites]
        slides = [j for j in chains[0] if model.jnt_type[j] == mujoco.mjtJoint.mjJNT_SLIDE]
        if any(chain[: len(slides)] != slides for chain in chains):
            raise ModelError(f"{hands.spec.name}: a fingertip's chain has a slide after a hinge")
        hinges = [chain[len(slides) :] for chain in chains]
        longest = max(map(len, hinges))

        self._slide_expand = data.xaxis[slides].T @ self.expand[[local[j] for j in slides]]
        self._hinge_expand = np.zeros((len(sites), longest, self.n))
        self._hinge_reference = np.zeros((len(sites), longest, 1))
        self._hinge_joint = np.full((len(sites), longest), -1)
        self._axis = np.zeros((3, longest, len(sites)))  # stays 0 past the end of a shorter chain
        self._anchor = np.zeros_like(self._axis)
        for f, chain in enumerate(hinges):
            self._hinge_expand[f, : len(chain)] = self.expand[[local[j] for j in chain]]
            self._hinge_joint[f, : len(chain)] = [local[j] for j in chain]
            self._hinge_reference[f, : len(chain), 0] = model.qpos0[model.jnt_qposadr[chain]]
            self._axis[:, : len(chain), f] = data.xaxis[chain].T
            self._anchor[:, : len(chain), f] = data.xanchor[chain].T
        self._tip = data.site_xpos[sites].T.copy()
        # Rodrigues: the rotation by an angle is 1 + sin K + (1 - cos) K^2, K the axis's cross.
        cross = np.einsum("ica,ihf->achf", _CROSS, self._axis)
        self._sine = cross[..., None]
        self._versine = np.einsum("abhf,bchf->achf", cross, cross)[..., None]
        moves = self._hinge_expand.any(axis=1)
        self.own = (moves & (moves.sum(axis=0) == 1)).astype(float)


def both_fingertips(hands: Sequence[HandKinematics], position: Array) -> Array:
    """Return all fingertips (t, fingers, 3) [m, world] at joint positions (t, n) [rad, m]."""
    tips = [hand.fingertips(hand.pose(position)).position for hand in hands]
    return np.concatenate(tips, axis=1)


def _chain(model: mujoco.MjModel, body: int) -> list[int]:
    """Return the joints from the world to `body`."""
    joints: list[int] = []
    while body:
        start = int(model.body_jntadr[body])
        joints = [*range(start, start + int(model.body_jntnum[body])), *joints]
        body = int(model.body_parentid[body])
    return joints


def _rotate(rotation: Array, vector: Array) -> Array:
    """Return rotations (3, 3, f, t) of constant vectors (3, f), as (3, f, t)."""
    return np.asarray(np.einsum("abft,bf->aft", rotation, vector))
