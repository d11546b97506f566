"""Hands and keyboard of the graph, and the nodes that connect them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pianomime.config import parameter
from pianomime.errors import ConfigError
from pianomime.hands.embodiment import embodiment, embodiment_parameter
from pianomime.hands.hand_spec import HandSpec
from pianomime.timing import Timing
from pianomime_bringup.graph import GraphConfig, NodeSpec
from pianomime_hardware.hardware_config import MIDI_TCP_PORT

BACKENDS: Final = ("mujoco", "emulator", "hardware", "external")


@dataclass(frozen=True, kw_only=True)
class DevicesConfig(GraphConfig, Timing):
    """Arguments of graphs with devices."""

    embodiment: str = embodiment_parameter()
    backend: str = parameter(
        "mujoco",
        "Simulation, emulated devices, Shadow's driver with a MIDI keyboard, or external nodes",
        one_of=BACKENDS,
    )
    driver: str = parameter("/", "Namespace of the hands' driver; must differ from this graph's")
    midi_port: str = parameter(
        "", "Real keyboard: part of its MIDI port name, or path of a raw MIDI device"
    )
    emulated_latency_s: float = parameter(0.01, "Latency of emulated links [s]", ge=0.0, le=1.0)
    emulated_jitter_s: float = parameter(0.002, "Jitter of emulated links [s]", ge=0.0, le=1.0)
    midi_tcp_port: int = parameter(
        MIDI_TCP_PORT, "TCP port of the emulated keyboard", ge=1024, le=65535
    )

    @cached_property
    def hands(self) -> HandSpec:
        """Description of the hands."""
        return embodiment(self.embodiment)

    @property
    def is_simulated(self) -> bool:
        """Whether the graph uses simulated time."""
        return self.backend == "mujoco"

    @property
    def is_real(self) -> bool:
        """Whether the graph commands real hands."""
        return self.backend in ("hardware", "external")

    @property
    def drivers_namespace(self) -> str:
        """Namespace of the topics of the hands' driver."""
        return "shadow" if self.backend == "emulator" else self.driver

    def check_devices(self) -> None:
        """Validate the devices.

        Raises:
            ConfigError: Real hands have no keyboard, or their driver has this graph's namespace.
        """
        if self.backend != "hardware":
            return
        if not self.midi_port:
            raise ConfigError("midi_port = '': must be the keyboard's MIDI port or device")
        if self.driver.strip("/") == self.namespace.strip("/"):
            raise ConfigError(
                f"driver = {self.driver!r}: must not be the namespace of this graph; "
                "set another namespace"
            )


def devices_graph(config: DevicesConfig) -> tuple[NodeSpec, ...]:
    """Return the driver nodes of the devices, and the emulator if they are emulated.

    Empty for the backend `external`, whose nodes publish `joint_states` and `piano_state` and
    execute the commands.
    """
    if config.backend == "external":
        return ()
    emulator = NodeSpec(
        package="pianomime_hardware",
        executable="emulator",
        name="emulator",
        parameters={
            "embodiment": config.hands.reference,
            "latency_s": config.emulated_latency_s,
            "jitter_s": config.emulated_jitter_s,
            "midi_port": config.midi_tcp_port,
        },
    )
    emulated = config.backend == "emulator"
    port = f"tcp:127.0.0.1:{config.midi_tcp_port}" if emulated else config.midi_port
    devices = (
        NodeSpec(
            package="pianomime_hardware",
            executable="shadow_bridge",
            name="shadow_bridge",
            parameters={
                "embodiment": config.hands.reference,
                "driver": config.drivers_namespace,
                **config.timing.as_dict(),
            },
        ),
        NodeSpec(
            package="pianomime_hardware",
            executable="midi_keyboard",
            name="midi_keyboard",
            parameters={"port": port, **config.timing.as_dict()},
        ),
    )
    return (emulator, *devices) if emulated else devices
