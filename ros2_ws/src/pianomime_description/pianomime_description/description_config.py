"""Parameters of the description node."""

from dataclasses import dataclass

from pianomime.hands.embodiment import embodiment_parameter
from pianomime_common.node_config import NodeConfig


@dataclass(frozen=True, kw_only=True)
class DescriptionConfig(NodeConfig):
    """Whose hands are described."""

    embodiment: str = embodiment_parameter()
