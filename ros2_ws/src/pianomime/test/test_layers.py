"""The library stands alone: it imports no ROS and reads no clock."""

import ast
from pathlib import Path

import pytest

import pianomime

LIBRARY = Path(pianomime.__file__).parent
FORBIDDEN = {"rclpy", "pianomime_msgs", "pianomime_common", "std_msgs", "sensor_msgs", "time"}


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("*.py")), ids=lambda p: p.stem)
def test_imports_no_ros_and_no_clock(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert not imported & FORBIDDEN
