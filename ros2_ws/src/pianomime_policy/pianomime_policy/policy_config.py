"""Parameters of the policy node."""

from dataclasses import dataclass

from pianomime.config import Config, parameter
from pianomime.hands.embodiment import EMBODIMENTS


@dataclass(frozen=True, kw_only=True)
class PolicyConfig(Config):
    """Which hands the policy plays, and from which checkpoint."""

    embodiment: str = parameter("pianomime", "How the hands are mounted", one_of=tuple(EMBODIMENTS))
    checkpoint: str = parameter("", "File of `pianomime train`; empty: the one that comes along")
