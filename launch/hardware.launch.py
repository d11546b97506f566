"""The devices alone: `ros2 launch launch/hardware.launch.py midi_port:=… driver:=…`.

What `pianist.launch.py` with the same arguments starts besides goals, gate and controllers.
"""

from dataclasses import dataclass

from launch import LaunchDescription
from pianomime.config import parameter
from pianomime_bringup.devices import DevicesConfig, devices_graph
from pianomime_bringup.graph import NodeSpec
from pianomime_bringup.launching import launch_description


@dataclass(frozen=True, kw_only=True)
class HardwareConfig(DevicesConfig):
    """As the pianist's, but never a simulation."""

    backend: str = parameter(
        "hardware", "Real devices or emulated ones", one_of=("hardware", "emulator")
    )


def _graph(config: HardwareConfig) -> tuple[NodeSpec, ...]:
    config.check_devices()
    return devices_graph(config)


def generate_launch_description() -> LaunchDescription:
    """Return their arguments and nodes."""
    return launch_description(HardwareConfig, _graph)
