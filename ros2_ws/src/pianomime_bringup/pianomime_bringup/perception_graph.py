"""Graph of perception: video source and hand detection."""

from dataclasses import dataclass

from pianomime.config import parameter
from pianomime_bringup.graph import GraphConfig, NodeSpec
from pianomime_perception.perception_config import VideoSourceConfig


@dataclass(frozen=True, kw_only=True)
class PerceptionGraphConfig(GraphConfig):
    """Arguments of the perception graph."""

    source: str = parameter(
        VideoSourceConfig.source, "Video file, camera number, or camera URL (rtsp://, http://)"
    )
    rate_hz: float = parameter(
        VideoSourceConfig.rate_hz, "Maximum frame rate [Hz]", ge=0.1, le=240.0
    )
    camera_driver: bool = parameter(
        False, "Whether another node publishes image_raw; starts no video source"
    )


def perception_graph(config: PerceptionGraphConfig) -> tuple[NodeSpec, ...]:
    """Return the nodes of the perception graph."""
    perception = NodeSpec(
        package="pianomime_perception", executable="perception", name="perception"
    )
    if config.camera_driver:
        return (perception,)
    source = NodeSpec(
        package="pianomime_perception",
        executable="video_source",
        name="video_source",
        parameters={"source": config.source, "rate_hz": config.rate_hz},
    )
    return (perception, source)
