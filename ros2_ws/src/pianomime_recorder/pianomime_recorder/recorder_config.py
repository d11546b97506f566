"""Parameters of the recorder node."""

from dataclasses import dataclass

from pianomime.config import parameter
from pianomime.hands.embodiment import embodiment_parameter
from pianomime_common.sources_config import SourcesConfig


@dataclass(frozen=True, kw_only=True)
class RecorderConfig(SourcesConfig):
    """Bag and contents of the recording."""

    bag: str = parameter("bag", "Folder to create for the bag; must not exist")
    release: str = parameter(
        "", "set_pause service of a paused simulation, called once every topic is received"
    )
    embodiment: str = embodiment_parameter()
    arguments: str = parameter("", "Arguments of the graph as JSON, stored in the bag")
