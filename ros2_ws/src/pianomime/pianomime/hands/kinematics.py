"""Fingertip positions and Jacobians of one hand, for many poses at once.

Poses are in actuated coordinates: one per actuator, so that joints 1 and 2 of a finger, which
share a tendon, each turn by half of their sum. With equal damping and a common torque that is how
they move in free air.
"""

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import FINGERTIP_SITES, SIDES
from pianomime.hands.hands_model import HandsModel

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Link:
    """One body of the hand's tree: where it hangs, and the joints that move it."""

    parent: int
    position: Array
    rotation: Array
    joints: tuple[int, ...]
    anchors: Array
    axes: Array
    slides: tuple[bool, ...]


class HandKinematics:
    """Forward kinematics of one hand, vectorised over poses.

    Attributes:
        joints: Positions of the hand's joints in `HandsModel.joint_names`, (nj,).
        actuators: MuJoCo ids of the hand's actuators, (na,); the order of the coordinates.
        expand: (nj, na), from coordinates to joint positions.
        lower: Lower limits of the coordinates [rad, m], (na,).
        upper: Upper limits, (na,).
    """

    def __init__(self, hands: HandsModel, side: int) -> None:
        """Read hand `side` (an index into `SIDES`) off the model."""
        model = hands.model
        prefix = SIDES[side]
        self.joints = np.array(
            [i for i, name in enumerate(hands.joint_names) if name.startswith(prefix)]
        )
        coupling = hands.coupling[:, self.joints]
        self.actuators = np.flatnonzero(coupling.any(axis=1))
        coupling = coupling[self.actuators]
        self.expand = (coupling / coupling.sum(axis=1, keepdims=True)).T
        self.lower = coupling @ hands.lower[self.joints]
        self.upper = coupling @ hands.upper[self.joints]
        self._links, self._tips = _read_tree(model, hands.joint_ids[self.joints], prefix)

    @property
    def n(self) -> int:
        """Number of coordinates."""
        return len(self.actuators)

    def fingertips(self, pose: Array) -> tuple[Array, Array]:
        """Return fingertip positions and Jacobians in the world frame.

        Args:
            pose: (t, na) coordinates.

        Returns:
            Positions (t, 5, 3) [m], thumb to little, and Jacobians (t, 5, 3, na).
        """
        q = pose @ self.expand.T
        steps = len(q)
        rotations: list[Array] = []
        positions: list[Array] = []
        # World axis and anchor of every joint, where it has been reached.
        axes = np.zeros((len(self.joints), steps, 3))
        anchors = np.zeros((len(self.joints), steps, 3))
        slides = np.zeros(len(self.joints), bool)
        for link in self._links:
            if link.parent < 0:
                rotation = np.broadcast_to(link.rotation, (steps, 3, 3))
                position = np.broadcast_to(link.position, (steps, 3))
            else:
                rotation = rotations[link.parent] @ link.rotation
                position = positions[link.parent] + rotations[link.parent] @ link.position
            for k, joint in enumerate(link.joints):
                axis = rotation @ link.axes[k]
                axes[joint] = axis
                slides[joint] = link.slides[k]
                if link.slides[k]:
                    position = position + axis * q[:, joint, None]
                    continue
                anchor = position + rotation @ link.anchors[k]
                anchors[joint] = anchor
                rotation = rotation @ _turn(link.axes[k], q[:, joint])
                position = anchor - rotation @ link.anchors[k]
            rotations.append(rotation)
            positions.append(position)
        tips = np.empty((steps, len(self._tips), 3))
        jacobian = np.zeros((steps, len(self._tips), 3, len(self.joints)))
        for f, (body, offset, chain) in enumerate(self._tips):
            tips[:, f] = positions[body] + rotations[body] @ offset
            for joint in chain:
                if slides[joint]:
                    jacobian[:, f, :, joint] = axes[joint]
                else:
                    jacobian[:, f, :, joint] = np.cross(axes[joint], tips[:, f] - anchors[joint])
        return tips, jacobian @ self.expand


def _read_tree(
    model: mujoco.MjModel, joint_ids: NDArray[np.int64], prefix: str
) -> tuple[list[_Link], list[tuple[int, Array, list[int]]]]:
    """Return the hand's links, parents first, and per fingertip its link, offset and joints."""
    scope = f"{prefix}_shadow_hand/"
    local = {int(joint): i for i, joint in enumerate(joint_ids)}
    bodies = [b for b in range(model.nbody) if model.body(b).name.startswith(scope + prefix)]
    where = {body: i for i, body in enumerate(bodies)}
    links: list[_Link] = []
    chains: list[list[int]] = []
    # robopianist's hand hangs in an attachment frame that never moves: fold it into the root.
    frame = model.body_parentid[bodies[0]]
    base_rotation, base_position = _rotation(model.body_quat[frame]), model.body_pos[frame]
    for body in bodies:
        start = model.body_jntadr[body]
        joints = range(start, start + model.body_jntnum[body])
        parent = where.get(int(model.body_parentid[body]), -1)
        position, rotation = model.body_pos[body], _rotation(model.body_quat[body])
        if parent < 0:
            position, rotation = base_position + base_rotation @ position, base_rotation @ rotation
        mine = tuple(local[j] for j in joints)
        links.append(
            _Link(
                parent=parent,
                position=position.copy(),
                rotation=rotation,
                joints=mine,
                anchors=model.jnt_pos[list(joints)].copy(),
                axes=model.jnt_axis[list(joints)].copy(),
                slides=tuple(model.jnt_type[j] == mujoco.mjtJoint.mjJNT_SLIDE for j in joints),
            )
        )
        chains.append((chains[parent] if parent >= 0 else []) + list(mine))
    tips = []
    for name in FINGERTIP_SITES:
        site = model.site(scope + name).id
        link = where[int(model.site_bodyid[site])]
        tips.append((link, model.site_pos[site].copy(), chains[link]))
    return links, tips


def _rotation(quaternion: Array) -> Array:
    matrix = np.zeros(9)
    unit = quaternion / np.linalg.norm(quaternion)
    mujoco.mju_quat2Mat(matrix, unit)
    return matrix.reshape(3, 3)


def _turn(axis: Array, angle: Array) -> Array:
    """Return the rotations by `angle` (t,) about the unit `axis` (Rodrigues), (t, 3, 3)."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    square = cross @ cross
    sine, cosine = np.sin(angle)[:, None, None], np.cos(angle)[:, None, None]
    return np.asarray(np.eye(3) + sine * cross + (1 - cosine) * square)
