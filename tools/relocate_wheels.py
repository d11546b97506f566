"""Point the CMake files of the ROS wheels at this interpreter, not the one that built them."""

import sys
import sysconfig
from pathlib import Path

import numpy as np


def main() -> None:
    """Rewrite builder paths in every exported CMake file of this virtual environment."""
    tag = f"cp{sys.version_info.major}{sys.version_info.minor}"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    builder = f"/opt/python/{tag}-{tag}"
    numpy_include = Path(np.get_include()).relative_to(Path(np.__file__).parent.parent)
    replacements = {
        f"{builder}/include/{version}": sysconfig.get_path("include"),
        f"{builder}/lib/{version}": f"{sys.prefix}/lib/{version}",
        "numpy/_core/include": str(numpy_include),
    }
    for path in Path(sys.prefix, "share").rglob("*.cmake"):
        text = new = path.read_text()
        for old, value in replacements.items():
            new = new.replace(old, value)
        if new != text:
            path.write_text(new)


if __name__ == "__main__":
    main()
