"""Parameters of the expert controller."""

from dataclasses import dataclass

from pianomime.config import Config, parameter
from pianomime.hands.embodiment import EMBODIMENTS


@dataclass(frozen=True, kw_only=True)
class ExpertConfig(Config):
    """Which hands the expert plans for, and how it corrects them."""

    embodiment: str = parameter("pianomime", "How the hands are mounted", one_of=tuple(EMBODIMENTS))
    tail_s: float = parameter(
        0.5, "Time with lifted fingers after the last note [s]", ge=0.0, le=60.0
    )
