"""Choice of MuJoCo's rendering backend; must run before mujoco is first imported."""

import os
from ctypes.util import find_library
from typing import Final

_LIBRARIES: Final = {"egl": "EGL", "osmesa": "OSMesa"}
OFF: Final = "disable"


def choose_backend() -> str:
    """Set and return MUJOCO_GL: the user's value, else EGL, OSMesa or `OFF`, as available."""
    if "MUJOCO_GL" not in os.environ:
        found = [name for name, library in _LIBRARIES.items() if find_library(library)]
        os.environ["MUJOCO_GL"] = found[0] if found else OFF
    return os.environ["MUJOCO_GL"]
