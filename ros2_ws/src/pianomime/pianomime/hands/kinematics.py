"""Fingertip positions and Jacobians of one hand, for many poses at once.

Poses are in actuated coordinates: one per actuator, so that joints 1 and 2 of a finger, which
share a tendon, each turn by half of their sum. With equal damping and a common torque that is how
they move in free air.
"""

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from pianomime.errors import ModelError
from pianomime.hands.fingers import FINGERTIP_SITES, SIDES
from pianomime.hands.hands_model import HandsModel

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Joint:
    """One joint: which, whether it slides, and its axis, brought onto coordinate axis `k`.

    The axes of the Shadow hand are coordinate axes, but for the little finger's metacarpal.
    """

    index: int
    slides: bool
    axis: Array
    k: int
    sign: float
    tilt: Array | None  # rotation whose column k is the axis; None where that is the identity


@dataclass(frozen=True)
class _Link:
    """One body of the hand's tree: where it hangs, and the joints that move it."""

    parent: int
    position: Array
    rotation: Array | None  # None where it is the identity
    joints: tuple[_Joint, ...]


@dataclass(frozen=True)
class FingertipPoses:
    """Fingertips at many poses; the Jacobian is worked out when it is asked for.

    Attributes:
        position: (t, 5, 3) [m, world], thumb to little.
    """

    position: Array
    _kinematics: "HandKinematics"
    _axes: Array  # (3, nj, t), world
    _anchors: Array  # (3, nj, t)

    def jacobian(self) -> Array:
        """Return (t, 5, 3, na), change of position by coordinate."""
        return self._kinematics._jacobian(self.position, self._axes, self._anchors)


class HandKinematics:
    """Forward kinematics of one hand, vectorised over poses.

    Attributes:
        joints: Positions of the hand's joints in `HandsModel.joint_names`, (nj,).
        actuators: MuJoCo ids of the hand's actuators, (na,); the order of the coordinates.
        expand: (nj, na), from coordinates to joint positions.
        own: (5, na), 1 where a coordinate moves that fingertip and no other, else 0.
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
        self._contract = coupling
        self.lower = coupling @ hands.lower[self.joints]
        self.upper = coupling @ hands.upper[self.joints]
        self._links, self._tips = _read_tree(model, hands.joint_ids[self.joints], prefix)
        self._slides = np.zeros(len(self.joints), bool)
        for link in self._links:
            for joint in link.joints:
                self._slides[joint.index] = joint.slides
        moves = np.zeros((len(self._tips), len(self.joints)))
        for f, (_, _, chain) in enumerate(self._tips):
            moves[f, chain] = 1.0
        self.own = ((moves * (moves.sum(axis=0) == 1)) @ self.expand > 0).astype(float)

    @property
    def n(self) -> int:
        """Number of coordinates."""
        return len(self.actuators)

    def pose(self, position: Array) -> Array:
        """Return the coordinates (..., na) of both hands' joint positions (..., n) [rad, m]."""
        return np.asarray(position[..., self.joints] @ self._contract.T)

    def fingertips(self, pose: Array) -> FingertipPoses:
        """Return the fingertips at `pose`, (t, na)."""
        q = np.ascontiguousarray((pose @ self.expand.T).T)
        steps = q.shape[1]
        sine, cosine = np.sin(q), np.cos(q)
        # Components come first, so that numpy works along time.
        rotations: list[Array] = []  # (3, 3, t)
        positions: list[Array] = []  # (3, t)
        axes = np.empty((3, len(self.joints), steps))
        anchors = np.zeros((3, len(self.joints), steps))
        for link in self._links:
            if link.parent < 0:
                rotation, position = np.eye(3)[..., None], link.position[:, None]
            else:
                rotation = rotations[link.parent]
                position = positions[link.parent] + _apply(rotation, link.position)
            if link.rotation is not None:
                rotation = _compose(rotation, link.rotation)
            for joint in link.joints:
                axis = _apply(rotation, joint.axis)
                axes[:, joint.index] = axis
                if joint.slides:
                    position = position + axis * q[joint.index]
                    continue
                anchors[:, joint.index] = position
                rotation = _turned(rotation, joint, sine[joint.index], cosine[joint.index])
            rotations.append(rotation)
            positions.append(position)
        tips = np.empty((steps, len(self._tips), 3))
        for f, (body, offset, _) in enumerate(self._tips):
            tips[:, f] = (positions[body] + _apply(rotations[body], offset)).T
        return FingertipPoses(tips, self, axes, anchors)

    def _jacobian(self, tips: Array, axes: Array, anchors: Array) -> Array:
        steps = len(tips)
        jacobian = np.zeros((steps, len(self._tips), 3, len(self.joints)))
        for f, (_, _, chain) in enumerate(self._tips):
            ax, ay, az = axes[:, chain]
            lx, ly, lz = tips[:, f].T[:, None] - anchors[:, chain]
            turn = (ay * lz - az * ly, az * lx - ax * lz, ax * ly - ay * lx)
            slides = self._slides[chain, None]
            for c in range(3):
                jacobian[:, f, c, chain] = np.where(slides, axes[c, chain], turn[c]).T
        flat = jacobian.reshape(-1, len(self.joints)) @ self.expand
        return np.asarray(flat.reshape(steps, len(self._tips), 3, -1))


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
        if model.jnt_pos[list(joints)].any():
            raise ModelError(f"{model.body(body).name}: a joint is not at the body's origin")
        links.append(
            _Link(
                parent=parent,
                position=position.copy(),
                rotation=None if np.allclose(rotation, np.eye(3)) else rotation,
                joints=tuple(_read_joint(model, j, local[j]) for j in joints),
            )
        )
        mine = [local[j] for j in joints]
        chains.append((chains[parent] if parent >= 0 else []) + mine)
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


def _read_joint(model: mujoco.MjModel, joint: int, index: int) -> _Joint:
    axis = model.jnt_axis[joint].copy()
    k = int(np.argmax(np.abs(axis)))
    sign = float(np.sign(axis[k]))
    tilt = None
    if abs(axis[k]) < 1 - 1e-9:
        tilt = np.eye(3)
        tilt[:, k] = sign * axis
        b, c = (k + 1) % 3, (k + 2) % 3
        tilt[:, b] -= tilt[:, k] * tilt[b, k]
        tilt[:, b] /= np.linalg.norm(tilt[:, b])
        tilt[:, c] = np.cross(tilt[:, k], tilt[:, b])
    slides = bool(model.jnt_type[joint] == mujoco.mjtJoint.mjJNT_SLIDE)
    return _Joint(index, slides, axis, k, sign, tilt)


def _apply(rotation: Array, vector: Array) -> Array:
    """Return rotation (3, 3, t) times a constant vector, (3, t); most have one component."""
    parts = [rotation[:, c] * vector[c] for c in np.flatnonzero(vector)]
    return np.asarray(sum(parts[1:], start=parts[0])) if parts else np.zeros((3, 1))


def _compose(rotation: Array, constant: Array) -> Array:
    """Return rotation (3, 3, t) times a constant one."""
    return np.stack([_apply(rotation, constant[:, c]) for c in range(3)], axis=1)


def _turned(rotation: Array, joint: _Joint, sine: Array, cosine: Array) -> Array:
    """Return rotation (3, 3, t) turned by the joint's angle about its axis."""
    if joint.tilt is not None:
        rotation = _compose(rotation, joint.tilt)
    b, c = (joint.k + 1) % 3, (joint.k + 2) % 3
    turned = np.empty((3, 3, len(sine)))
    turned[:, joint.k] = rotation[:, joint.k]
    sine = joint.sign * sine
    turned[:, b] = cosine * rotation[:, b] + sine * rotation[:, c]
    turned[:, c] = cosine * rotation[:, c] - sine * rotation[:, b]
    return turned if joint.tilt is None else _compose(turned, joint.tilt.T)
