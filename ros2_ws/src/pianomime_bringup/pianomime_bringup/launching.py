"""Conversion of a graph's description to a launch description; needs launch_ros."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction, Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from launch import Action, LaunchContext, LaunchDescription
from pianomime.threads import ONE_THREAD
from pianomime_bringup.arguments import from_strings
from pianomime_bringup.graph import GraphConfig, NodeSpec, OnDeath
from pianomime_bringup.params_file import check_params_file


def launch_description(
    config_type: type[GraphConfig],
    graph: Callable[[Any], Sequence[NodeSpec]],
    also: Callable[[Any], Sequence[ExecuteProcess]] = lambda _: (),
) -> LaunchDescription:
    """Declare an argument for each field of `config_type`, and start the nodes of `graph`.

    Args:
        config_type: Configuration; validated before anything starts.
        graph: Returns the nodes; raises for invalid arguments.
        also: Returns further processes; the launch ends with them.
    """
    fields = dataclasses.fields(config_type)

    def start(context: LaunchContext) -> list[Action]:
        given = {field.name: LaunchConfiguration(field.name).perform(context) for field in fields}
        config = from_strings(config_type, given)
        nodes = graph(config)
        check_params_file(config, nodes)
        return [*(_node(spec, config) for spec in nodes), *also(config)]

    arguments = [
        DeclareLaunchArgument(
            field.name,
            default_value=str(field.default),
            description=field.metadata["description"],
            choices=list(field.metadata["one_of"]) or None,
        )
        for field in fields
    ]
    return LaunchDescription([*arguments, OpaqueFunction(function=start)])


def _node(spec: NodeSpec, config: GraphConfig) -> Node:
    overrides = [str(Path(config.params_file).absolute())] if config.params_file else []
    return Node(
        package=spec.package,
        executable=spec.executable,
        name=spec.name,
        namespace=config.namespace,
        parameters=[spec.parameters, *overrides],
        remappings=list(config.remappings.items()),
        additional_env=ONE_THREAD,
        ros_arguments=["--log-level", config.log_level_of(spec.name)],
        output="both",
        respawn=spec.on_death is OnDeath.RESPAWN,
        respawn_delay=1.0,
        respawn_max_retries=5,
        on_exit=Shutdown() if spec.on_death is OnDeath.END else None,
    )
