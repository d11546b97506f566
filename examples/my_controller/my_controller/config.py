"""Parameters of the node."""

from dataclasses import dataclass

from pianomime.config import parameter
from pianomime.hands.embodiment import EMBODIMENTS
from pianomime_common.node_config import TimedNodeConfig


@dataclass(frozen=True, kw_only=True)
class MyControllerConfig(TimedNodeConfig):
    """Which hands play."""

    embodiment: str = parameter("pianomime", "How the hands are mounted", one_of=tuple(EMBODIMENTS))
