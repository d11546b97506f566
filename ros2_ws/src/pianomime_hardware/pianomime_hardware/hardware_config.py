"""Parameters of the nodes that stand for hardware."""

from dataclasses import dataclass
from typing import Final

from pianomime.config import parameter
from pianomime.hands.embodiment import embodiment_parameter
from pianomime.hardware.emulated_link import LinkConfig
from pianomime_common.node_config import NodeConfig, TimedNodeConfig

MIDI_TCP_PORT: Final = 21928
RAIL_CONTROLLER: Final = "rail_controller"

AHEAD_S: Final = 0.1
"""Time from a state to the effect of its command: room for the link both ways and for the
controller."""


@dataclass(frozen=True, kw_only=True)
class ShadowBridgeConfig(TimedNodeConfig):
    """Where the hands' driver is, and how it is spoken to."""

    embodiment: str = embodiment_parameter()
    driver: str = parameter(
        "shadow", "Namespace of the driver's topics; `/` for those of a driver in the root"
    )
    interface: str = parameter(
        "trajectory",
        "Which of the driver's controllers are used; it must not run both",
        one_of=("trajectory", "position"),
    )
    rail: str = parameter(
        RAIL_CONTROLLER, "Trajectory controller of the forearms' slides, in the same namespace"
    )
    point_time_s: float = parameter(
        0.005,
        "Least time in which a trajectory controller is to be at a target [s]",
        ge=0.001,
        le=1.0,
    )
    ahead_s: float = parameter(
        AHEAD_S,
        "Time from a state to the effect of its command, whatever the links' jitter [s]; it has "
        "room for the link both ways and for the controller",
        ge=0.0,
        le=0.2,
    )
    command_latency_s: float = parameter(
        0.017, "Time that a command takes to the hands [s]", ge=0.0, le=0.2, runtime=True
    )
    max_force_factor: float = parameter(
        1.0, "Share of their force that the position controllers may use", ge=0.0, le=1.0
    )
    link_timeout_s: float = parameter(
        0.1, "Silence of the driver after which the link counts as lost [s]", ge=0.01, le=10.0
    )


@dataclass(frozen=True, kw_only=True)
class MidiKeyboardConfig(TimedNodeConfig):
    """Which keyboard is listened to."""

    port: str = parameter(
        f"tcp:127.0.0.1:{MIDI_TCP_PORT}",
        "Part of a MIDI port's name, path of a raw MIDI device, or tcp:HOST:PORT",
    )
    latency_s: float = parameter(
        0.02, "Time from a key's movement to its message, taken off stamps [s]", ge=0.0, le=0.2
    )
    retry_s: float = parameter(1.0, "Time between tries to find the keyboard [s]", ge=0.1, le=60.0)


@dataclass(frozen=True, kw_only=True)
class EmulatorConfig(LinkConfig, NodeConfig):
    """Which hands are emulated, and how badly they are connected."""

    embodiment: str = embodiment_parameter()
    driver: str = parameter("shadow", "Namespace of the emulated driver's topics")
    interface: str = parameter(
        "trajectory",
        "Which of the driver's controllers run",
        one_of=("trajectory", "position"),
    )
    midi_port: int = parameter(
        MIDI_TCP_PORT, "TCP port of the emulated keyboard, on this machine only", ge=1024, le=65535
    )
