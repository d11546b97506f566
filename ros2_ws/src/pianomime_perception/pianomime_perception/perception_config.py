"""Parameters of the nodes of perception."""

from dataclasses import dataclass

from pianomime.config import parameter
from pianomime_common.node_config import NodeConfig


@dataclass(frozen=True, kw_only=True)
class VideoSourceConfig(NodeConfig):
    """Where images come from."""

    source: str = parameter("0", "Video file, or a camera's number or address (rtsp://, http://)")
    rate_hz: float = parameter(30.0, "Most images a second", ge=0.1, le=240.0)
    frame_id: str = parameter("camera", "Frame of the images")


@dataclass(frozen=True, kw_only=True)
class PerceptionConfig(NodeConfig):
    """How the keyboard is found."""

    still_every_s: float = parameter(
        0.5, "Time between the images that the keyboard is looked for in [s]", ge=0.01, le=60.0
    )
    stills: int = parameter(7, "How many of them; hands have to move in between", ge=1, le=100)
