"""What each body of the model looks like, as triangles in the body's own frame."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import mujoco
import numpy as np
import trimesh
from numpy.typing import NDArray

_SHOWN: Final = (0, 2)
"""Geom groups that are there to be seen; the hands' collision shapes are in group 3."""


@dataclass(frozen=True)
class BodyMesh:
    """One geom of a body.

    Attributes:
        body: MuJoCo id of the body.
        vertices: (v, 3) in the body's frame [m].
        faces: (f, 3) indices of vertices, counterclockwise from outside.
        rgb: Colour, 0 .. 1.
    """

    body: int
    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    rgb: tuple[float, float, float]


def body_meshes(model: mujoco.MjModel) -> Iterator[BodyMesh]:
    """Yield the geoms that are there to be seen, but for the floor."""
    for geom in range(model.ngeom):
        if not is_shown(model, geom):
            continue
        vertices, faces = _triangles(model, geom)
        rotation = np.empty(9)
        mujoco.mju_quat2Mat(rotation, model.geom_quat[geom])
        placed = vertices @ rotation.reshape(3, 3).T + model.geom_pos[geom]
        yield BodyMesh(int(model.geom_bodyid[geom]), placed, faces, geom_colour(model, geom))


def mesh_triangles(
    model: mujoco.MjModel, mesh: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return a mesh's vertices (v, 3) [m] and faces (f, 3)."""
    first, count = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
    face, faces = model.mesh_faceadr[mesh], model.mesh_facenum[mesh]
    return (
        np.array(model.mesh_vert[first : first + count], np.float64),
        np.array(model.mesh_face[face : face + faces], np.int64),
    )


def is_shown(model: mujoco.MjModel, geom: int) -> bool:
    """Return whether a geom is there to be seen, and is not the floor."""
    return bool(model.geom_group[geom] in _SHOWN and model.geom_bodyid[geom] != 0)


def geom_colour(model: mujoco.MjModel, geom: int) -> tuple[float, float, float]:
    """Return red, green and blue, 0 .. 1."""
    material = model.geom_matid[geom]
    rgba = model.geom_rgba[geom] if material < 0 else model.mat_rgba[material]
    return float(rgba[0]), float(rgba[1]), float(rgba[2])


def _triangles(model: mujoco.MjModel, geom: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    kind = model.geom_type[geom]
    if kind == mujoco.mjtGeom.mjGEOM_MESH:
        return mesh_triangles(model, model.geom_dataid[geom])
    if kind == mujoco.mjtGeom.mjGEOM_BOX:
        box = trimesh.creation.box(extents=2 * model.geom_size[geom])
        return np.array(box.vertices), np.array(box.faces, np.int64)
    raise NotImplementedError(f"geom {geom} of type {mujoco.mjtGeom(kind).name}")
