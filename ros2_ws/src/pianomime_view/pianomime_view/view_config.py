"""Parameters of the view node."""

from dataclasses import dataclass

from pianomime.config import parameter
from pianomime.hands.embodiment import embodiment_parameter
from pianomime_common.sources_config import SourcesConfig


@dataclass(frozen=True, kw_only=True)
class ViewConfig(SourcesConfig):
    """What is shown, and where."""

    embodiment: str = embodiment_parameter()
    controls: bool = parameter(
        True, "Offer buttons; whoever reaches the page can press them, so never with real hands"
    )
    host: str = parameter("127.0.0.1", "Address to serve at; 0.0.0.0: to everybody on the network")
    port: int = parameter(8080, "Port of the page; its sound is on the next", ge=1024, le=65534)
