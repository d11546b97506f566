"""Parameters of the simulation node."""

from dataclasses import dataclass

from pianomime.config import parameter
from pianomime.hands.embodiment import embodiment_parameter
from pianomime_common.node_config import TimedNodeConfig


@dataclass(frozen=True, kw_only=True)
class SimConfig(TimedNodeConfig):
    """What is simulated, and how time passes."""

    embodiment: str = embodiment_parameter()
    paused: bool = parameter(False, "Wait at time 0 until ~/set_pause says otherwise")
    dump_dir: str = parameter(
        "", "Folder for the last steps before the physics broke; empty: the log's"
    )
    real_time: bool = parameter(
        False, "Step by the wall clock; else when the command for the step has come"
    )
    max_real_time_factor: float = parameter(
        0.0,
        "In lock-step, at most so many times real time; 0: as fast as it goes",
        ge=0.0,
        le=100.0,
    )
