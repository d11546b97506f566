"""A bag in the browser: `ros2 launch launch/replay.launch.py bag:=FOLDER`."""

from launch.actions import ExecuteProcess, Shutdown

from launch import LaunchDescription
from pianomime_bringup.launching import launch_description
from pianomime_bringup.replay_graph import ReplayConfig, play_command, replay_graph
from pianomime_common.middleware import set_middleware_defaults


def _play(config: ReplayConfig) -> list[ExecuteProcess]:
    set_middleware_defaults()  # of this process, and so of its children
    return [ExecuteProcess(cmd=play_command(config), output="both", on_exit=Shutdown())]


def generate_launch_description() -> LaunchDescription:
    """Return its arguments, the view, and `ros2 bag play`."""
    return launch_description(ReplayConfig, replay_graph, _play)
