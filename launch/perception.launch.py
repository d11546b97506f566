"""A pianist's hands, live: `ros2 launch launch/perception.launch.py source:=VIDEO_OR_CAMERA`."""

from launch import LaunchDescription
from pianomime_bringup.launching import launch_description
from pianomime_bringup.perception_graph import PerceptionGraphConfig, perception_graph


def generate_launch_description() -> LaunchDescription:
    """Return its arguments and nodes."""
    return launch_description(PerceptionGraphConfig, perception_graph)
