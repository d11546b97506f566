"""The description as files: a URDF, and the meshes that it names."""

from pathlib import Path

import mujoco
import trimesh

from pianomime.atomic_file import atomic_path
from pianomime.description.body_meshes import mesh_triangles
from pianomime.description.urdf import to_urdf
from pianomime.errors import OutputError
from pianomime.hands.hands_model import HandsModel


def write_description(hands: HandsModel, folder: Path) -> str:
    """Write `pianist.urdf` and `meshes/`; the URDF names them by `file://`. Returns the URDF.

    Raises:
        OutputError: It cannot be written there.
    """
    model = hands.model
    meshes = folder.absolute() / "meshes"
    urdf = to_urdf(hands, lambda mesh: (meshes / _file_name(mesh)).as_uri())
    try:
        meshes.mkdir(parents=True, exist_ok=True)
        for mesh in range(model.nmesh):
            path = meshes / _file_name(model.mesh(mesh).name)
            if not path.exists():
                with atomic_path(path) as part:
                    part.write_bytes(_stl(model, mesh))
        (folder / "pianist.urdf").write_text(urdf)
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror}") from error
    return urdf


def _file_name(mesh: str) -> str:
    return f"{mesh.replace('/', '_')}.stl"


def _stl(model: mujoco.MjModel, mesh: int) -> bytes:
    vertices, faces = mesh_triangles(model, mesh)
    shape = trimesh.Trimesh(vertices, faces, process=False)
    stl = shape.export(file_type="stl")
    assert isinstance(stl, bytes)
    return stl
