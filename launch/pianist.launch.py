"""The simulated pianist: `ros2 launch launch/pianist.launch.py song:=PATH_OR_NAME`."""

import dataclasses

from launch.actions import DeclareLaunchArgument, OpaqueFunction, Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from launch import LaunchContext, LaunchDescription
from pianomime.threads import ONE_THREAD
from pianomime_bringup.arguments import from_strings
from pianomime_bringup.pianist import OnDeath, PianistConfig, pianist_graph

FIELDS = dataclasses.fields(PianistConfig)


def _nodes(context: LaunchContext) -> list[Node]:
    given = {field.name: LaunchConfiguration(field.name).perform(context) for field in FIELDS}
    config = from_strings(PianistConfig, given)
    config.load_score()
    return [
        Node(
            package=spec.package,
            executable=spec.executable,
            name=spec.name,
            namespace=config.namespace,
            parameters=[spec.parameters],
            additional_env=ONE_THREAD,
            ros_arguments=["--log-level", f"{spec.name}:={config.log_level}"],
            output="both",
            respawn=spec.on_death is OnDeath.RESPAWN,
            respawn_delay=1.0,
            respawn_max_retries=5,
            on_exit=Shutdown() if spec.on_death is OnDeath.END else None,
        )
        for spec in pianist_graph(config)
    ]


def generate_launch_description() -> LaunchDescription:
    """Declare one argument for each field of the graph's configuration, then start its nodes."""
    arguments = [
        DeclareLaunchArgument(
            field.name,
            default_value=str(field.default),
            description=field.metadata["description"],
            choices=list(field.metadata["one_of"]) or None,
        )
        for field in FIELDS
    ]
    return LaunchDescription([*arguments, OpaqueFunction(function=_nodes)])
