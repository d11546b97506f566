"""Graph that replays a bag in the live view."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import yaml

from pianomime.atomic_file import atomic_path
from pianomime.config import parameter
from pianomime.errors import ConfigError
from pianomime.hands.hand_spec import HandSpec
from pianomime.performance.bag import hands_in
from pianomime.simulation.model import cache_dir
from pianomime_bringup.graph import GraphConfig, NodeSpec, OnDeath
from pianomime_bringup.node_topics import node_topics
from pianomime_view.view_config import ViewConfig

VIEW_STARTS_S: Final = 3.0


@dataclass(frozen=True, kw_only=True)
class ReplayConfig(GraphConfig):
    """Arguments of the replay graph.

    It has its own namespace, so that replayed commands do not reach a gate or hands.
    """

    namespace: str = parameter("replay", "Namespace of the replayed topics; not a pianist's")
    bag: str = parameter("", "Folder of the bag to play; required")
    rate: float = parameter(1.0, "Factor on the recorded speed", ge=0.01, le=100.0)
    view_host: str = parameter(
        ViewConfig.host, "Address of the live view; 0.0.0.0: all network interfaces"
    )
    view_port: int = parameter(
        ViewConfig.port, "Port of the live view; sound uses the next port", ge=1024, le=65534
    )

    @cached_property
    def hands(self) -> HandSpec:
        """Description of the recorded hands.

        Raises:
            BagError: The bag cannot be read.
        """
        return hands_in(Path(self.bag))


def replay_graph(config: ReplayConfig) -> tuple[NodeSpec, ...]:
    """Return the nodes of the replay graph.

    Raises:
        ConfigError: There is no such bag, or no namespace.
        BagError: The bag cannot be read.
    """
    if not config.namespace.strip("/"):
        raise ConfigError("namespace = '': must not be the root, where a pianist may run")
    if not Path(config.bag, "metadata.yaml").is_file():
        raise ConfigError(f"bag = {config.bag!r}: not the folder of a bag")
    return (
        NodeSpec(
            package="pianomime_view",
            executable="view",
            name="view",
            parameters={
                "embodiment": _reference(config.hands),
                "controls": False,
                "host": config.view_host,
                "port": config.view_port,
            },
            on_death=OnDeath.END,
        ),
    )


def _reference(hands: HandSpec) -> str:
    """Return a name or path for `embodiment`; write hands that are not bundled to the cache."""
    if hands.bundled:
        return hands.reference
    path = cache_dir() / f"{hands.identity}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as part:
        part.write_text(hands.text)
    return str(path)


def play_command(config: ReplayConfig) -> list[str]:
    """Return the `ros2 bag play` command, restricted to the topics that the view shows."""
    listens = node_topics("view", (), config.hands).listens
    shown = {topic.name for topic in listens if not topic.name.startswith("/")}
    metadata = yaml.safe_load(Path(config.bag, "metadata.yaml").read_text())
    recorded = [
        entry["topic_metadata"]["name"]
        for entry in metadata["rosbag2_bagfile_information"]["topics_with_message_count"]
    ]
    played = [name for name in recorded if name.rpartition("/")[2] in shown]
    space = config.namespace.strip("/")
    return [
        "ros2", "bag", "play", config.bag,
        "--rate", str(config.rate),
        "--delay", str(VIEW_STARTS_S),
        "--topics", *played,
        "--remap", *(f"{name}:=/{space}/{name.rpartition('/')[2]}" for name in played),
    ]  # fmt: skip
