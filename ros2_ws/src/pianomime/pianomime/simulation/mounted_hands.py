"""Mount hands from MJCF or URDF files on slides at robopianist's piano."""

import os
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import mujoco
import numpy as np
from numpy.typing import NDArray

from pianomime.errors import ModelError
from pianomime.hands.fingers import SIDES
from pianomime.hands.hand_spec import HandSpec

Array = NDArray[np.float64]

_AXES: Final = ((0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
"""World directions of the slides along, towards and up; the left hand's are the same."""

_VISUAL_GROUP: Final = 2
_COLLISION_GROUP: Final = 3

_IMPRATIO: Final = 10.0
"""Friction to normal impedance, as in the MuJoCo Menagerie's hands: fingertips slip less."""

_URDF_COMPILER: Final = (
    '<mujoco><compiler strippath="false" balanceinertia="true" discardvisual="false" '
    'fusestatic="false" meshdir="{folder}"/></mujoco>'
)


def build_mounted(spec: HandSpec, stage: mujoco.MjSpec) -> mujoco.MjModel:
    """Compile `stage` with both hands of `spec` mounted on it.

    Raises:
        ModelError: A file is missing or is no model, or lacks what the description names.
    """
    stage.option.impratio = _IMPRATIO
    try:
        for side in range(len(SIDES)):
            _mount(spec, side, stage)
        return stage.compile()
    except ValueError as error:
        raise ModelError(f"{spec.name}: {' '.join(str(error).split())}") from error


def _mount(spec: HandSpec, side: int, stage: mujoco.MjSpec) -> None:
    hand = _load(spec, side)
    root = hand.worldbody.first_body()
    if root is None or hand.worldbody.next_body(root) is not None:
        raise ModelError(f"{spec.name}: {spec.model.file[side]}: must have one root body")
    _add_fingertips(spec, side, hand)
    _actuate(spec, side, hand)
    _set_collisions(spec, side, hand)
    for body in hand.bodies[1:]:
        body.gravcomp = float(spec.mounting.gravity_compensation)
    carriage = _add_slides(spec, side, stage)
    frame = carriage.add_frame(quat=_quaternion(spec.mounting.rpy_rad[side]))
    stage.attach(hand, prefix=f"{spec.scopes[side]}/", frame=frame)


def model_file(spec: HandSpec, side: int) -> Path:
    """Return the path of the model of one hand.

    Raises:
        ModelError: An environment variable in it is not set, or there is no such file.
    """
    text = spec.model.file[side]
    for name in re.findall(r"\$\{(\w+)\}", text):
        if name not in os.environ:
            raise ModelError(
                f"{spec.name}: model {text}: set the environment variable {name} to the folder "
                "of the hands' models"
            )
        text = text.replace(f"${{{name}}}", os.environ[name])
    path = Path(text).expanduser()
    if not path.is_file():
        raise ModelError(f"{spec.name}: {path}: no such model file")
    return path.resolve()


def files_of(spec: HandSpec) -> list[Path]:
    """Return all files that the hands' models are made from.

    Raises:
        ModelError: One of them is missing.
    """
    files = []
    for side in range(len(SIDES)):
        hand, file = _load(spec, side), model_file(spec, side)
        folder = file.parent / hand.compiler.meshdir
        files += [file, *sorted({folder / mesh.file for mesh in hand.meshes if mesh.file})]
    for file in files:
        if not file.is_file():
            raise ModelError(f"{spec.name}: {file}: no such mesh")
    return files


def _load(spec: HandSpec, side: int) -> mujoco.MjSpec:
    path = model_file(spec, side)
    try:
        if path.suffix != ".urdf":
            return mujoco.MjSpec.from_file(str(path))
        text = path.read_text()
        compiler = _URDF_COMPILER.format(folder=path.parent)
        return mujoco.MjSpec.from_string(
            re.sub(r"(<robot\b[^>]*>)", rf"\1{compiler}", text, count=1)
        )
    except (OSError, ValueError) as error:
        raise ModelError(f"{spec.name}: {path}: {' '.join(str(error).split())}") from error


def _add_fingertips(spec: HandSpec, side: int, hand: mujoco.MjSpec) -> None:
    for finger in spec.fingers:
        if finger.site[side]:
            if hand.site(spec.site_name(side, finger)) is None:
                raise ModelError(
                    f"{spec.name}: finger {finger.name}: no site {finger.site[side]!r}; "
                    + _names(hand.sites)
                )
            continue
        body = hand.body(spec.model.prefix[side] + finger.body[side])
        if body is None:
            raise ModelError(
                f"{spec.name}: finger {finger.name}: no body {finger.body[side]!r}; "
                + _names(hand.bodies[1:])
            )
        body.add_site(name=spec.site_name(side, finger), pos=finger.tip_m[side], group=4)


def _actuate(spec: HandSpec, side: int, hand: mujoco.MjSpec) -> None:
    for pattern, actuation in spec.actuation.items():
        joints = [j for j in hand.joints if fnmatchcase(spec.short_name(side, j.name), pattern)]
        if not joints:
            raise ModelError(f"{spec.name}: actuation: no joint {pattern!r}; {_names(hand.joints)}")
        for joint in joints:
            joint.damping[:] = 0.0
            joint.damping[0] = actuation.damping_nms_rad
            joint.armature = actuation.armature_kgm2
            driven = [a for a in hand.actuators if a.target == joint.name]
            for actuator in driven:
                hand.delete(actuator)
            _add_actuator(hand, joint, actuation.gain_nm_rad, actuation.torque_nm)
    for actuator in hand.actuators:
        _limit_targets(hand, actuator)


def _limit_targets(hand: mujoco.MjSpec, actuator: "mujoco.MjsActuator") -> None:
    """Give an actuator that takes any target its joint's range: planning needs limits."""
    lower, upper = actuator.ctrlrange
    drives_joint = actuator.trntype == mujoco.mjtTrn.mjTRN_JOINT
    if drives_joint and lower == upper and actuator.inheritrange == 0.0:
        actuator.ctrllimited = True
        actuator.ctrlrange = hand.joint(actuator.target).range


def _add_actuator(
    model: mujoco.MjSpec, joint: "mujoco.MjsJoint", gain: float, limit: float | None
) -> None:
    """Drive `joint` by a position actuator: force = gain (target - position)."""
    actuator = model.add_actuator(
        name=joint.name, target=joint.name, trntype=mujoco.mjtTrn.mjTRN_JOINT
    )
    actuator.set_to_position(kp=gain)
    actuator.ctrllimited = True
    actuator.ctrlrange = joint.range
    if limit is not None:
        actuator.forcelimited = True
        actuator.forcerange = (-limit, limit)


def _set_collisions(spec: HandSpec, side: int, hand: mujoco.MjSpec) -> None:
    """Let geoms touch the piano (contype 0, conaffinity 1) and, if they may, other geoms.

    What touches nothing is there to be seen.
    """
    hands = 1 if spec.hands_collide else 0
    for geom in hand.geoms:
        if geom.contype == 0 and geom.conaffinity == 0:
            geom.group = _VISUAL_GROUP
        else:
            geom.group = _COLLISION_GROUP
            geom.contype, geom.conaffinity = 1, hands


def _add_slides(spec: HandSpec, side: int, stage: mujoco.MjSpec) -> "mujoco.MjsBody":
    """Return the body that the slides carry."""
    mounting, scope = spec.mounting, spec.scopes[side]
    assert mounting.position_m is not None  # the reader checks it
    carriage = stage.worldbody.add_body(name=f"{scope}/carriage", pos=mounting.position_m[side])
    for slide, axis in zip(mounting.slides, _AXES, strict=False):
        assert slide.range_m is not None
        assert slide.gain_n_m is not None
        assert slide.damping_ns_m is not None
        joint = carriage.add_joint(
            name=f"{scope}/{slide.joint}",
            type=mujoco.mjtJoint.mjJNT_SLIDE,
            axis=axis,
            range=slide.range_m[side],
            limited=True,
        )
        joint.damping[0] = slide.damping_ns_m
        _add_actuator(stage, joint, slide.gain_n_m, None)
    return carriage


def _quaternion(rpy_rad: tuple[float, float, float]) -> Array:
    """Return the quaternion of a rotation about the fixed axes x, then y, then z [rad]."""
    quaternion = np.empty(4)
    mujoco.mju_euler2Quat(quaternion, np.array(rpy_rad), "XYZ")
    return quaternion


def _names(elements: Iterable["mujoco.MjsElement"]) -> str:
    return f"there are: {', '.join(element.name for element in elements)}"
