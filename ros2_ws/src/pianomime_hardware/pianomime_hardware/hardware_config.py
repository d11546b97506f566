"""Parameters of the hardware nodes."""

from dataclasses import dataclass
from typing import Final

from pianomime.config import parameter
from pianomime.hands.embodiment import embodiment_parameter
from pianomime.hardware.emulated_link import LinkConfig
from pianomime_common.node_config import NodeConfig, TimedNodeConfig

MIDI_TCP_PORT: Final = 21928
RAIL_CONTROLLER: Final = "rail_controller"

AHEAD_S: Final = 0.1
"""Time from a state to the effect of its command [s]: covers both links and the controller."""


@dataclass(frozen=True, kw_only=True)
class ShadowBridgeConfig(TimedNodeConfig):
    """Namespace, interface and delays of the hands' driver."""

    embodiment: str = embodiment_parameter()
    driver: str = parameter("shadow", "Namespace of the driver's topics; `/` for the root")
    interface: str = parameter(
        "trajectory",
        "Kind of the driver's controllers; it must not run both",
        one_of=("trajectory", "position"),
    )
    rail: str = parameter(
        RAIL_CONTROLLER, "Trajectory controller of the forearm slides, in the same namespace"
    )
    point_time_s: float = parameter(
        0.005,
        "Minimum time_from_start of trajectory points [s]",
        ge=0.001,
        le=1.0,
    )
    ahead_s: float = parameter(
        AHEAD_S,
        "Time from a state to the effect of its command, independent of the links' jitter [s]; "
        "must cover both links and the controller",
        ge=0.0,
        le=0.2,
    )
    command_latency_s: float = parameter(
        0.017, "Delay from sending a command to its effect [s]", ge=0.0, le=0.2, runtime=True
    )
    max_force_factor: float = parameter(
        1.0, "Share of the maximum force that the position controllers may use", ge=0.0, le=1.0
    )
    link_timeout_s: float = parameter(
        0.1, "Silence of the driver after which the link counts as lost [s]", ge=0.01, le=10.0
    )


@dataclass(frozen=True, kw_only=True)
class MidiKeyboardConfig(TimedNodeConfig):
    """Port, latency and reconnection of the keyboard."""

    port: str = parameter(
        f"tcp:127.0.0.1:{MIDI_TCP_PORT}",
        "Part of a MIDI port name, path of a raw MIDI device, or tcp:HOST:PORT",
    )
    latency_s: float = parameter(
        0.02,
        "Delay from a key's movement to its message, subtracted from stamps [s]",
        ge=0.0,
        le=0.2,
    )
    retry_s: float = parameter(1.0, "Time between connection attempts [s]", ge=0.1, le=60.0)


@dataclass(frozen=True, kw_only=True)
class EmulatorConfig(LinkConfig, NodeConfig):
    """Emulated hands, and properties of their links."""

    embodiment: str = embodiment_parameter()
    driver: str = parameter("shadow", "Namespace of the emulated driver's topics")
    interface: str = parameter(
        "trajectory",
        "Kind of the driver's controllers that run",
        one_of=("trajectory", "position"),
    )
    midi_port: int = parameter(
        MIDI_TCP_PORT,
        "TCP port of the emulated keyboard, on the loopback device",
        ge=1024,
        le=65535,
    )
