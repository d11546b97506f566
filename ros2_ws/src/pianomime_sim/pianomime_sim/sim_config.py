"""Parameters of the simulation node."""

from dataclasses import dataclass

from pianomime.config import Config, parameter
from pianomime.hands.embodiment import EMBODIMENTS


@dataclass(frozen=True, kw_only=True)
class SimConfig(Config):
    """What is simulated, and how time passes."""

    embodiment: str = parameter("pianomime", "How the hands are mounted", one_of=tuple(EMBODIMENTS))
    paused: bool = parameter(False, "Wait at time 0 until ~/set_pause says otherwise")
    real_time: bool = parameter(
        False, "Step by the wall clock at 20 Hz; else when the command for the step has come"
    )
