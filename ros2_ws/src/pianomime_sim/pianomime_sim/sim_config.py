"""Parameters of the simulation node."""

from dataclasses import dataclass

from pianomime.config import parameter
from pianomime.hands.embodiment import embodiment_parameter
from pianomime_common.node_config import TimedNodeConfig


@dataclass(frozen=True, kw_only=True)
class SimConfig(TimedNodeConfig):
    """Embodiment, pacing and dump folder of the simulation."""

    embodiment: str = embodiment_parameter()
    paused: bool = parameter(False, "Start paused at time 0, until ~/set_pause")
    dump_dir: str = parameter(
        "", "Folder for the last steps before a divergence; empty: the log folder"
    )
    real_time: bool = parameter(
        False, "Step in real time; otherwise when the command for the step is received"
    )
    max_real_time_factor: float = parameter(
        0.0,
        "Maximum real-time factor in lock-step; 0: unlimited",
        ge=0.0,
        le=100.0,
    )
