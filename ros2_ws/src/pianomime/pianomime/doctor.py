"""Dependencies: what is installed, what is missing, and the command that installs it.

Imports no ROS.
"""

import os
import shutil
import sys
from collections.abc import Callable
from ctypes.util import find_library
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final


@dataclass(frozen=True)
class Dependency:
    """A dependency that may be missing.

    Attributes:
        name: Name of the dependency.
        purpose: What it is needed for.
        find: Function that returns its version or location; empty if it is missing.
        remedy: Command that installs it.
        required: Whether playing needs it.
    """

    name: str
    purpose: str
    find: Callable[[], str]
    remedy: str
    required: bool = False


def _package(name: str, module: str = "") -> Callable[[], str]:
    def find() -> str:
        if module and find_spec(module) is None:
            return ""
        try:
            return version(name)
        except PackageNotFoundError:
            return "there" if module else ""

    return find


def _library(name: str) -> Callable[[], str]:
    return lambda: find_library(name) or ""


def _program(*names: str) -> Callable[[], str]:
    return lambda: next((path for name in names if (path := shutil.which(name))), "")


def _python() -> str:
    text = ".".join(str(part) for part in sys.version_info[:3])
    return text if sys.version_info[:2] in ((3, 11), (3, 12)) else ""


def _cache() -> str:
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    while not folder.exists():
        folder = folder.parent
    return str(folder) if os.access(folder, os.W_OK) else ""


DEPENDENCIES: Final = (
    Dependency("Python 3.11 or 3.12", "everything", _python, "apt-get install python3", True),
    Dependency("rclpy", "every node", _package("ros-rclpy", "rclpy"), "tools/setup play", True),
    Dependency("tf2_msgs", "every node", _package("tf2_msgs", "tf2_msgs"), "tools/setup play",
            True),
    Dependency("our messages", "every node", _package("pianomime_msgs", "pianomime_msgs"),
            "tools/setup play", True),
    Dependency("mujoco", "the simulation", _package("mujoco"), "tools/setup play", True),
    Dependency("robopianist", "the hands and the piano", _package("robopianist"),
            "tools/setup play", True),
    Dependency("viser", "the live view", _package("viser"), "tools/setup play"),
    Dependency("EGL or OSMesa", "videos",
            lambda: _library("EGL")() or _library("OSMesa")(),
            "apt-get install libegl1 libgl1 libegl-mesa0"),
    Dependency("FluidSynth", "sound", _library("fluidsynth"), "apt-get install libfluidsynth3"),
    Dependency("mediapipe", "pianists' videos", _package("mediapipe"), "tools/setup perception"),
    Dependency("torch", "training", _package("torch"), "tools/setup learning"),
    Dependency("stable-baselines3", "residual reinforcement learning",
            _package("stable-baselines3"), "tools/setup learning"),
    Dependency("pyarrow", "stores of demonstrations", _package("pyarrow"), "tools/setup learning"),
    Dependency("music21", "MusicXML scores", _package("music21"), "tools/setup score"),
    Dependency("ros2 launch", "launch files", _package("launch-ros", "launch_ros"),
            "apt-get install ros-jazzy-ros-base (Ubuntu 24.04 with ROS's apt source), or docker/"),
    Dependency("ros2 bag", "replay.launch.py", _package("ros2bag", "ros2bag"),
            "apt-get install ros-jazzy-ros-base (Ubuntu 24.04 with ROS's apt source), or docker/"),
    Dependency("ruff, mypy, hypothesis", "make test lint", _package("hypothesis"),
            "tools/setup dev"),
    Dependency("a browser", "looking at the live view on this machine",
            _program("chromium", "chromium-browser", "google-chrome", "firefox"),
            "apt-get install chromium"),
    Dependency("a writable cache folder", "starting within seconds", _cache,
            "export XDG_CACHE_HOME=FOLDER"),
)  # fmt: skip
"""All dependencies, the required ones first."""
