"""Parameters of the recorder node."""

from dataclasses import dataclass

from pianomime.config import parameter
from pianomime.hands.embodiment import embodiment_parameter
from pianomime_common.sources_config import SourcesConfig


@dataclass(frozen=True, kw_only=True)
class RecorderConfig(SourcesConfig):
    """What is recorded, and where to."""

    bag: str = parameter("bag", "Folder to create for the bag; must not exist")
    release: str = parameter(
        "", "set_pause service of a paused simulation, called once every topic has been heard"
    )
    embodiment: str = embodiment_parameter()
    arguments: str = parameter("", "Kept in the bag: the graph's arguments, as JSON")
