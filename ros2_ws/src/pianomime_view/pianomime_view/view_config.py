"""Parameters of the view node."""

from dataclasses import dataclass

from pianomime.config import parameter
from pianomime.hands.embodiment import embodiment_parameter
from pianomime_common.sources_config import SourcesConfig


@dataclass(frozen=True, kw_only=True)
class ViewConfig(SourcesConfig):
    """Embodiment, controls and address of the live view."""

    embodiment: str = embodiment_parameter()
    controls: bool = parameter(
        True, "Show buttons; anyone who can open the page can press them: disable with real hands"
    )
    host: str = parameter("127.0.0.1", "Address of the page; 0.0.0.0: all network interfaces")
    port: int = parameter(8080, "Port of the page; sound uses the next port", ge=1024, le=65534)
