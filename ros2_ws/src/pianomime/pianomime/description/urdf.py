"""URDF of hands and piano, made from the compiled model."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Final

import mujoco
import numpy as np
from numpy.typing import NDArray

from pianomime.description.body_meshes import geom_colour, is_shown
from pianomime.description.joint_tree import WORLD, JointTree, TreeJoint, link_name
from pianomime.hands.hands_model import HandsModel

Array = NDArray[np.float64]

EFFORT_N: Final = 100.0
VELOCITY: Final = 10.0
"""URDF wants limits of both; the simulation has none, so these say nothing."""

_KINDS: Final = {
    mujoco.mjtJoint.mjJNT_HINGE: "revolute",
    mujoco.mjtJoint.mjJNT_SLIDE: "prismatic",
}


def to_urdf(hands: HandsModel, mesh_uri: Callable[[str], str]) -> str:
    """Return the URDF of hands from `load_model`, and their piano.

    Args:
        hands: What to describe.
        mesh_uri: Where the STL file of a mesh of the model is.
    """
    model = hands.model
    robot = ET.Element("robot", name="pianomime")
    ET.SubElement(robot, "link", name=WORLD)
    for joint in JointTree.of(hands).joints:
        link = ET.SubElement(robot, "link", name=joint.child)
        if joint.body is not None:
            _fill(link, model, joint.body, mesh_uri)
        _add_joint(robot, joint)
    ET.indent(robot)
    return '<?xml version="1.0"?>\n' + ET.tostring(robot, encoding="unicode") + "\n"


def _add_joint(robot: ET.Element, joint: TreeJoint) -> None:
    kind = "fixed" if joint.kind is None else _KINDS[joint.kind]
    element = ET.SubElement(robot, "joint", name=joint.name, type=kind)
    _origin(element, joint.position, joint.quaternion)
    ET.SubElement(element, "parent", link=joint.parent)
    ET.SubElement(element, "child", link=joint.child)
    if joint.kind is None:
        return
    ET.SubElement(element, "axis", xyz=_text(joint.axis))
    lower, upper = joint.limits
    ET.SubElement(
        element,
        "limit",
        lower=f"{lower:.9g}",
        upper=f"{upper:.9g}",
        effort=f"{EFFORT_N:g}",
        velocity=f"{VELOCITY:g}",
    )


def _fill(
    link: ET.Element, model: mujoco.MjModel, body: int, mesh_uri: Callable[[str], str]
) -> None:
    if model.body_mass[body] > 0:
        inertial = ET.SubElement(link, "inertial")
        _origin(inertial, model.body_ipos[body], model.body_iquat[body])
        ET.SubElement(inertial, "mass", value=f"{model.body_mass[body]:.9g}")
        xx, yy, zz = (f"{value:.9g}" for value in model.body_inertia[body])
        ET.SubElement(inertial, "inertia", ixx=xx, iyy=yy, izz=zz, ixy="0", ixz="0", iyz="0")
    first = model.body_geomadr[body]
    for geom in range(first, first + model.body_geomnum[body]):
        shown = is_shown(model, geom)
        # What the hands touch with, which also shows them where nobody can read their meshes: in a
        # browser, say. The piano's boxes are seen everywhere.
        kinds = ["visual"] * shown + ["collision"] * bool(model.geom_contype[geom])
        for kind in kinds:
            element = ET.SubElement(link, kind)
            _origin(element, *_place(model, geom))
            _add_shape(ET.SubElement(element, "geometry"), model, geom, mesh_uri)
            if kind == "visual":
                name = f"{link_name(model, body)}_{geom - first}"
                material = ET.SubElement(element, "material", name=name)
                ET.SubElement(material, "color", rgba=_text((*geom_colour(model, geom), 1.0)))


def _place(model: mujoco.MjModel, geom: int) -> tuple[Array, Array]:
    return model.geom_pos[geom], model.geom_quat[geom]


def _add_shape(
    geometry: ET.Element, model: mujoco.MjModel, geom: int, mesh_uri: Callable[[str], str]
) -> None:
    radius, half = model.geom_size[geom, :2]
    match mujoco.mjtGeom(model.geom_type[geom]):
        case mujoco.mjtGeom.mjGEOM_MESH:
            mesh = model.mesh(model.geom_dataid[geom]).name
            ET.SubElement(geometry, "mesh", filename=mesh_uri(mesh))
        case mujoco.mjtGeom.mjGEOM_BOX:
            ET.SubElement(geometry, "box", size=_text(2 * model.geom_size[geom]))
        case mujoco.mjtGeom.mjGEOM_SPHERE:
            ET.SubElement(geometry, "sphere", radius=f"{radius:.9g}")
        case mujoco.mjtGeom.mjGEOM_CYLINDER:
            ET.SubElement(geometry, "cylinder", radius=f"{radius:.9g}", length=f"{2 * half:.9g}")
        case mujoco.mjtGeom.mjGEOM_CAPSULE:  # URDF has none: the cylinder that it fits into
            length = 2 * (half + radius)
            ET.SubElement(geometry, "cylinder", radius=f"{radius:.9g}", length=f"{length:.9g}")
        case other:
            raise NotImplementedError(f"geom {geom} of type {other.name}")


def _origin(element: ET.Element, position: Array, quaternion: Array) -> None:
    ET.SubElement(element, "origin", xyz=_text(position), rpy=_text(_roll_pitch_yaw(quaternion)))


def _roll_pitch_yaw(quaternion: Array) -> Array:
    w, x, y, z = quaternion
    return np.array(
        [
            np.arctan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y)),
            np.arcsin(np.clip(2 * (w * y - z * x), -1.0, 1.0)),
            np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)),
        ]
    )


def _text(values: "Array | tuple[float, ...]") -> str:
    return " ".join(f"{value:.9g}" for value in values)
