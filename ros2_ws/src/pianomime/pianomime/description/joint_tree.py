"""The model as the tree of links and joints that URDF and TF know."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import mujoco
import numpy as np
from numpy.typing import NDArray

from pianomime.hands.hands_model import HandsModel
from pianomime.piano.geometry import key_max_angle
from pianomime.piano.key_joints import key_joints

Array = NDArray[np.float64]

WORLD: Final = "world"


@dataclass(frozen=True)
class TreeJoint:
    """One joint between two links.

    Attributes:
        name: As in `joint_states`; `piano_key_39` for keys, `*_mount` for fixed ones.
        parent: Link.
        child: Link.
        position: (3,) of the child in the parent's frame at joint position 0 [m].
        quaternion: (4,) its orientation, w first.
        kind: MuJoCo's: hinge or slide; None where nothing moves.
        axis: (3,) in the child's frame.
        limits: (2,) [rad, m].
        body: MuJoCo id of the child's body; None for a link without a body, between two joints.
    """

    name: str
    parent: str
    child: str
    position: Array
    quaternion: Array
    kind: mujoco.mjtJoint | None
    axis: Array
    limits: Array
    body: int | None


@dataclass(frozen=True)
class JointTree:
    """All joints, parents before children: those of the hands, of the keys, and fixed ones."""

    joints: tuple[TreeJoint, ...]
    joint_names: tuple[str, ...]
    """Those of the hands, in the order in which positions are given."""

    @classmethod
    def of(cls, hands: HandsModel) -> "JointTree":
        """Read the hands of `load_model`, and their piano."""
        model = hands.model
        names = dict(zip(hands.joint_ids.tolist(), hands.joint_names, strict=True))
        names |= {int(joint): f"piano_key_{key}" for key, joint in enumerate(key_joints(model))}
        joints: list[TreeJoint] = []
        for body in range(1, model.nbody):
            joints += _joints_of(model, body, names)
        return cls(tuple(joints), hands.joint_names)

    @cached_property
    def moving(self) -> tuple[int, ...]:
        """Which of `joints` can move: the hands' in the order of `joint_names`, then the keys."""
        where = {joint.name: i for i, joint in enumerate(self.joints)}
        keys = [f"piano_key_{key}" for key in range(len(key_max_angle()))]
        return tuple(where[name] for name in (*self.joint_names, *keys))

    @cached_property
    def fixed(self) -> tuple[int, ...]:
        """Which of `joints` cannot."""
        return tuple(sorted(set(range(len(self.joints))) - set(self.moving)))

    def transforms(self, joint_position: Array, key_position: Array) -> tuple[Array, Array]:
        """Return where the children of `moving` are in their parents' frames.

        Args:
            joint_position: (n,) of the hands [rad, m].
            key_position: (88,) 0 up .. 1 down.

        Returns:
            (m, 3) positions [m] and (m, 4) quaternions, w first.
        """
        value = np.concatenate((joint_position, key_position * key_max_angle()))
        position, quaternion, axis, slides = self._arrays
        half = np.where(slides, 0.0, value / 2)[:, None]
        turn = np.hstack((np.cos(half), np.sin(half) * axis))
        shift = np.where(slides, value, 0.0)[:, None] * _rotate(quaternion, axis)
        return position + shift, _product(quaternion, turn)

    @cached_property
    def _arrays(self) -> tuple[Array, Array, Array, NDArray[np.bool_]]:
        joints = [self.joints[i] for i in self.moving]
        return (
            np.array([joint.position for joint in joints]),
            np.array([joint.quaternion for joint in joints]),
            np.array([joint.axis for joint in joints]),
            np.array([joint.kind == mujoco.mjtJoint.mjJNT_SLIDE for joint in joints]),
        )


def link_name(model: mujoco.MjModel, body: int) -> str:
    """Return the link of a body: `rh_ffdistal`, `piano_white_key_39`."""
    scope, _, name = model.body(body).name.partition("/")
    if body == 0:
        return WORLD
    return name if name.startswith(("rh_", "lh_")) else f"{scope}_{name}".rstrip("_")


def _joints_of(model: mujoco.MjModel, body: int, names: dict[int, str]) -> list[TreeJoint]:
    """Return the joints between a body and its parent, with a link between each two."""
    parent, child = link_name(model, int(model.body_parentid[body])), link_name(model, body)
    position, quaternion = model.body_pos[body].copy(), model.body_quat[body].copy()
    first, count = model.body_jntadr[body], model.body_jntnum[body]
    if count == 0:
        return [_mount(parent, child, position, quaternion, body)]
    joints = []
    for joint in range(first, first + count):
        anchor = model.jnt_pos[joint].copy()
        last = joint == first + count - 1 and not anchor.any()
        link = child if last else f"{names[joint]}_link"
        at_zero = _at_zero(model, joint)
        joints.append(
            TreeJoint(
                name=names[joint],
                parent=parent,
                child=link,
                position=position + _rotate(quaternion[None], anchor[None])[0],
                quaternion=_product(quaternion[None], at_zero[None])[0],
                kind=mujoco.mjtJoint(model.jnt_type[joint]),
                axis=model.jnt_axis[joint].copy(),
                limits=model.jnt_range[joint].copy(),
                body=body if last else None,
            )
        )
        parent, position, quaternion = link, -anchor, np.array([1.0, 0.0, 0.0, 0.0])
    if parent != child:  # the last hinge is not where the body's frame is
        joints.append(_mount(parent, child, position, quaternion, body))
    return joints


def _at_zero(model: mujoco.MjModel, joint: int) -> Array:
    """Return the turn (4,) of a body from the model's reference pose to joint position 0."""
    quaternion = np.array([1.0, 0.0, 0.0, 0.0])
    if model.jnt_type[joint] == mujoco.mjtJoint.mjJNT_HINGE:
        reference = model.qpos0[model.jnt_qposadr[joint]]
        mujoco.mju_axisAngle2Quat(quaternion, model.jnt_axis[joint], -reference)
    return quaternion


def _mount(parent: str, child: str, position: Array, quaternion: Array, body: int) -> TreeJoint:
    nothing = np.zeros(3), np.zeros(2)
    return TreeJoint(f"{child}_mount", parent, child, position, quaternion, None, *nothing, body)


def _product(a: Array, b: Array) -> Array:
    """Return the products of quaternions (m, 4)."""
    w = a[:, :1] * b[:, :1] - np.sum(a[:, 1:] * b[:, 1:], axis=1, keepdims=True)
    v = a[:, :1] * b[:, 1:] + b[:, :1] * a[:, 1:] + np.cross(a[:, 1:], b[:, 1:])
    return np.hstack((w, v))


def _rotate(quaternion: Array, vector: Array) -> Array:
    """Return vectors (m, 3), turned by quaternions (m, 4)."""
    t = 2 * np.cross(quaternion[:, 1:], vector)
    return np.asarray(vector + quaternion[:, :1] * t + np.cross(quaternion[:, 1:], t))
