"""Each ROS package names what it needs, and is found by ROS's tools."""

import ast
import re
import sys
import xml.etree.ElementTree as ET
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import setuptools
from ament_index_python import get_resource, has_resource
from colcon_core.task.python.test import has_test_dependency
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rosidl_adapter.parser import parse_message_string

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "ros2_ws/src"
PACKAGES = sorted(path.parent.name for path in SOURCE.glob("*/setup.py"))
ROSDEP_KEYS = {
    "cv2": "python3-opencv",
    "hypothesis": "python3-hypothesis",
    "matplotlib": "python3-matplotlib",
    "numpy": "python3-numpy",
    "pytest": "python3-pytest",
    "rosbags": "python3-rosbags-pip",
    "scipy": "python3-scipy",
    "tqdm": "python3-tqdm",
    "trimesh": "python3-trimesh-pip",
    "yaml": "python3-yaml",
}
RUN_AS_COMMANDS = {"ros2bag", "ros2launch"}
EXTRAS = {
    "learning": "learning",
    "perception": "perception",
    "viewer": "view",
    "corpus.py": "score",
    "music_xml.py": "score",
    "released_zarr.py": "perception",
    "residual_env.py": "learning",
    "residual_learning.py": "learning",
    "torch_network.py": "learning",
    "key_encoder.py": "learning",
    "transformer.py": "learning",
}
"""Extra of the library that a folder or module needs."""

USED_WHERE_INSTALLED = {"note-seq", "onnxruntime"}


def imports(files: list[Path]) -> set[str]:
    """Return the top-level modules that files import, without the standard library's."""
    names: set[str] = set()
    for node in (node for path in files for node in ast.walk(ast.parse(path.read_text()))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module.split(".")[0])
    return names - sys.stdlib_module_names


def installed_files(package: str) -> list[Path]:
    """Return the Python files that a package installs."""
    launch_files = ROOT.glob("launch/*.py") if package == "pianomime_bringup" else ()
    return [*(SOURCE / package / package).rglob("*.py"), *launch_files]


def manifest(package: str) -> ET.Element:
    """Return a package's manifest, comments included."""
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))
    return ET.parse(SOURCE / package / "package.xml", parser).getroot()


def dependencies(package: str, *tags: str) -> set[str]:
    """Return what a manifest names under some tags."""
    return {element.text for element in manifest(package) if element.tag in tags}


def setup_arguments(package: str, monkeypatch) -> dict:
    """Return the arguments of setup() in a package's setup.py."""
    path, arguments = SOURCE / package / "setup.py", {}
    monkeypatch.chdir(path.parent)
    monkeypatch.setattr(setuptools, "setup", lambda **given: arguments.update(given))
    exec(compile(path.read_text(), path, "exec"), {"__file__": str(path)})
    return arguments


@pytest.mark.parametrize("package", PACKAGES)
def test_the_manifest_names_each_import(package):
    """By its rosdep key, or in a comment where it has none."""
    comments = " ".join(element.text for element in manifest(package) if element.tag is ET.Comment)
    named = set(re.findall(r"\w+", comments)) | {package, "conftest"}
    run = dependencies(package, "depend", "exec_depend")
    for_tests = run | dependencies(package, "test_depend")
    tests = list((SOURCE / package / "test").glob("*.py"))
    for files, declared in ((installed_files(package), run), (tests, for_tests)):
        needed = imports(files) - named
        assert {ROSDEP_KEYS.get(name, name) for name in needed} <= declared


@pytest.mark.parametrize("package", PACKAGES)
def test_the_manifest_names_nothing_else(package):
    text = "\n".join(path.read_text() for path in installed_files(package))
    module_of = {key: module for module, key in ROSDEP_KEYS.items()}
    declared = dependencies(package, "depend", "exec_depend") - RUN_AS_COMMANDS
    assert not {name for name in declared if module_of.get(name, name) not in text}


@pytest.mark.parametrize("package", PACKAGES)
def test_setup_and_manifest_agree(package, monkeypatch):
    arguments = setup_arguments(package, monkeypatch)
    assert arguments["name"] == package
    assert {arguments["version"]} == dependencies(package, "version")
    assert {arguments["license"]} == dependencies(package, "license")
    assert has_test_dependency(arguments, "pytest"), "colcon test would run none of its tests"


def requirements(monkeypatch) -> dict[str, dict[str, Requirement]]:
    """Return what the library requires, by extra ("" without one) and distribution."""
    arguments = setup_arguments("pianomime", monkeypatch)
    lists = {"": arguments["install_requires"], **arguments["extras_require"]}
    return {
        extra: {canonicalize_name(one.name): one for one in map(Requirement, required)}
        for extra, required in lists.items()
    }


def test_the_library_requires_what_it_imports(monkeypatch):
    required = requirements(monkeypatch)
    distributions = packages_distributions()
    library = SOURCE / "pianomime/pianomime"
    for path in library.rglob("*.py"):
        places = {path.name, path.relative_to(library).parts[0]}
        extras = {"", *(extra for place, extra in EXTRAS.items() if place in places)}
        there = {name for extra in extras for name in required[extra]} | USED_WHERE_INSTALLED
        for module in imports([path]) - {"pianomime"}:
            names = {canonicalize_name(name) for name in distributions.get(module, [module])}
            assert names & there, f"{path}: {module}"


def test_the_locks_hold_what_the_library_requires(monkeypatch):
    """One set of versions is tested; the extra `learning` is not locked."""
    files = ("play.lock", "perception.lock", "dev.lock", "learning.in")
    text = "\n".join((ROOT / "requirements" / file).read_text() for file in files)
    locked = dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))
    locked = {canonicalize_name(name): version for name, version in locked.items()}
    required = requirements(monkeypatch)
    del required["test"]
    for name, requirement in (item for group in required.values() for item in group.items()):
        assert requirement.specifier.contains(locked[name]), f"{requirement}: {locked[name]}"
    repacked = (SOURCE / "pianomime/dependencies/robopianist/robopianist.txt").read_text()
    assert repacked.startswith(f"robopianist=={locked['robopianist']} ")


def show(interface: str) -> None:
    """Read an interface and those nested in it from where `ros2 interface show` reads them."""
    package, kind, name = interface.split("/")
    prefix = has_resource("packages", package)
    assert prefix, f"{package} is not in AMENT_PREFIX_PATH"
    text = Path(prefix, "share", f"{interface}.{kind}").read_text()
    for part in re.split(r"^---$", text, flags=re.MULTILINE):
        for field in parse_message_string(package, name, part).fields:
            if field.type.pkg_name:
                show(f"{field.type.pkg_name}/msg/{field.type.type}")


def test_ros2_interface_show_finds_what_ours_contain():
    listed, _ = get_resource("rosidl_interfaces", "pianomime_msgs")
    ours = {line.rpartition(".")[0] for line in listed.split() if not line.endswith(".idl")}
    assert {"msg/KeyGoal", "action/PlayScore", "srv/StepSimulation"} <= ours
    for interface in ours:
        if "_" not in interface:  # the parts of services and actions, which the tool hides
            show(f"pianomime_msgs/{interface}")
