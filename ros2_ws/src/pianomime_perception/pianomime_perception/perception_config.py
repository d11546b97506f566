"""Parameters of the perception nodes."""

from dataclasses import dataclass

from pianomime.config import parameter
from pianomime_common.node_config import NodeConfig


@dataclass(frozen=True, kw_only=True)
class VideoSourceConfig(NodeConfig):
    """Source, rate and frame of the images."""

    source: str = parameter("0", "Video file, camera number, or camera URL (rtsp://, http://)")
    rate_hz: float = parameter(30.0, "Maximum frame rate [Hz]", ge=0.1, le=240.0)
    frame_id: str = parameter("camera", "Coordinate frame of the images")


@dataclass(frozen=True, kw_only=True)
class PerceptionConfig(NodeConfig):
    """Images used for the calibration of the keyboard."""

    still_every_s: float = parameter(
        0.5, "Time between the images used for calibration [s]", ge=0.01, le=60.0
    )
    stills: int = parameter(
        7, "Number of images used for calibration; hands must move in between", ge=1, le=100
    )
