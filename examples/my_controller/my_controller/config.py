"""Parameters of the node."""

from dataclasses import dataclass

from pianomime.hands.embodiment import embodiment_parameter
from pianomime_common.node_config import TimedNodeConfig


@dataclass(frozen=True, kw_only=True)
class MyControllerConfig(TimedNodeConfig):
    """Which hands play."""

    embodiment: str = embodiment_parameter()
