"""Parameters of the view node."""

from dataclasses import dataclass

from pianomime.config import parameter
from pianomime.hands.embodiment import EMBODIMENTS
from pianomime_common.node_config import NodeConfig


@dataclass(frozen=True, kw_only=True)
class ViewConfig(NodeConfig):
    """What is shown, and where."""

    embodiment: str = parameter("pianomime", "How the hands are mounted", one_of=tuple(EMBODIMENTS))
    sources: str = parameter("expert", "Controllers to choose from, separated by commas")
    controls: bool = parameter(
        True, "Offer buttons; whoever reaches the page can press them, so never with real hands"
    )
    host: str = parameter("127.0.0.1", "Address to serve at; 0.0.0.0: to everybody on the network")
    port: int = parameter(8080, "Port of the page; its sound is on the next", ge=1024, le=65534)
