"""Parameters of the recorder node."""

from dataclasses import dataclass

from pianomime.config import parameter
from pianomime_common.node_config import NodeConfig


@dataclass(frozen=True, kw_only=True)
class RecorderConfig(NodeConfig):
    """What is recorded, and where to."""

    bag: str = parameter("bag", "Folder to create for the bag; must not exist")
    sources: str = parameter("expert", "Controllers whose requests are recorded, by commas")
    release: str = parameter(
        "", "set_pause service of a paused simulation, called once every topic has been heard"
    )
    embodiment: str = parameter("pianomime", "Kept in the bag: which hands played")
    arguments: str = parameter("", "Kept in the bag: the graph's arguments, as JSON")
