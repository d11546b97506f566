"""The pianist: `ros2 launch launch/pianist.launch.py song:=PATH_OR_NAME`."""

import sys

from launch import LaunchDescription
from pianomime.controllers.registry import controller_table
from pianomime_bringup.graph import NodeSpec
from pianomime_bringup.launching import launch_description
from pianomime_bringup.pianist import PianistConfig, pianist_graph


def _graph(config: PianistConfig) -> tuple[NodeSpec, ...]:
    config.load_score()  # to refuse what cannot be played before anything starts
    for _, why in controller_table().broken:
        print(why, file=sys.stderr)
    return pianist_graph(config)


def generate_launch_description() -> LaunchDescription:
    """Return its arguments and nodes."""
    return launch_description(PianistConfig, _graph)
