"""URDF and TF say the same of hands and piano as the model they are made from."""

import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
import pytest
import trimesh

from pianomime.description.body_meshes import body_meshes
from pianomime.description.files import write_description
from pianomime.description.joint_tree import WORLD, JointTree, link_name
from pianomime.description.posed_stage import PosedStage
from pianomime.errors import OutputError
from pianomime.piano.geometry import key_max_angle


@pytest.fixture
def stage(hands):
    return PosedStage(hands)


def numbers(text):
    return np.array([float(x) for x in text.split()])


def pose(position, quaternion):
    matrix = trimesh.transformations.quaternion_matrix(quaternion)
    matrix[:3, 3] = position
    return matrix


def test_transforms_are_where_the_model_has_its_bodies(stage):
    rng = np.random.default_rng(0)
    hands = rng.uniform(stage.hands.lower, stage.hands.upper)
    keys = rng.uniform(size=88)
    stage.place(hands, keys)
    tree = JointTree.of(stage.hands)
    position, quaternion = tree.transforms(hands, keys)
    in_parent = {tree.joints[i].child: pose(p, q) for i, p, q in
                 zip(tree.moving, position, quaternion, strict=True)}  # fmt: skip
    for i in tree.fixed:
        joint = tree.joints[i]
        in_parent[joint.child] = pose(joint.position, joint.quaternion)
    in_world = {WORLD: np.eye(4)}
    for joint in tree.joints:  # parents come first
        in_world[joint.child] = in_world[joint.parent] @ in_parent[joint.child]
    for body in range(1, stage.model.nbody):
        expected = pose(stage.data.xpos[body], stage.data.xquat[body])
        np.testing.assert_allclose(in_world[link_name(stage.model, body)], expected, atol=1e-9)


def test_the_urdf_has_the_names_and_limits_of_joint_states(stage, tmp_path):
    robot = ET.fromstring(write_description(stage.hands, tmp_path))
    joints = {joint.get("name"): joint for joint in robot.iter("joint")}
    hands = stage.hands
    for name, lower, upper in zip(hands.joint_names, hands.lower, hands.upper, strict=True):
        limit = joints[name].find("limit")
        assert float(limit.get("lower")) == pytest.approx(lower)
        assert float(limit.get("upper")) == pytest.approx(upper)
    for key in (0, 1, 87):
        limit = joints[f"piano_key_{key}"].find("limit")
        assert float(limit.get("upper")) == pytest.approx(key_max_angle()[key])
    links = [link.get("name") for link in robot.iter("link")]
    children = [joint.find("child").get("link") for joint in robot.iter("joint")]
    assert len(set(links)) == len(links)
    assert sorted([*children, WORLD]) == sorted(links), "a tree"
    assert {joint.find("parent").get("link") for joint in robot.iter("joint")} <= set(links)


def test_hands_show_as_shapes_where_their_meshes_cannot_be_read(stage, tmp_path):
    robot = ET.fromstring(write_description(stage.hands, tmp_path))
    shapes = {link.get("name"): link.findall("collision") for link in robot.iter("link")}
    model = stage.model
    touching = {int(model.geom_bodyid[i]) for i in np.flatnonzero(model.geom_contype)}
    assert touching & set(stage.hands.palms), "palms are among them"
    for body in touching:
        assert shapes[link_name(model, body)]
    assert not any(found for name, found in shapes.items() if "piano" in name), "boxes already"


def test_origins_in_the_urdf_are_the_models(stage, tmp_path):
    robot = ET.fromstring(write_description(stage.hands, tmp_path))
    tree = {joint.name: joint for joint in JointTree.of(stage.hands).joints}
    for joint in robot.iter("joint"):
        origin, expected = joint.find("origin"), tree[joint.get("name")]
        matrix = trimesh.transformations.euler_matrix(*numbers(origin.get("rpy")), "sxyz")
        matrix[:3, 3] = numbers(origin.get("xyz"))
        wanted = pose(expected.position, expected.quaternion)
        np.testing.assert_allclose(matrix, wanted, atol=1e-6)


def test_every_mesh_that_the_urdf_names_is_there(stage, tmp_path):
    robot = ET.fromstring(write_description(stage.hands, tmp_path))
    uris = {mesh.get("filename") for mesh in robot.iter("mesh")}
    assert len(uris) > 10
    for uri in uris:
        mesh = trimesh.load(Path(urlparse(uri).path))
        assert len(mesh.faces) > 10
        assert mesh.extents.max() < 0.5, "metres"


def test_a_folder_that_cannot_be_written_is_named(stage, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"):
        write_description(stage.hands, tmp_path / "file")


def test_what_is_seen_lies_around_the_keyboard(stage):
    meshes = list(body_meshes(stage.model))
    assert len({mesh.body for mesh in meshes}) > 88 + 2 * 15
    placed = [mesh.vertices + stage.data.xpos[mesh.body] for mesh in meshes]
    keyboard = next(m for m in placed if np.ptp(m[:, 1]) > 1.0)
    assert np.ptp(keyboard[:, 1]) == pytest.approx(1.22, abs=0.05)
