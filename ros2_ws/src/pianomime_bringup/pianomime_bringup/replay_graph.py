"""The graph that shows a bag again: what its topics say, in the browser."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

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
    """Arguments of the graph.

    It has a namespace of its own: what is played again must not reach a gate or hands.
    """

    namespace: str = parameter("replay", "Namespace that the bag is played in; not a pianist's")
    bag: str = parameter("", "Folder of the bag to play; it has to be named")
    rate: float = parameter(1.0, "Times the speed at which it was recorded", ge=0.01, le=100.0)
    view_host: str = parameter(
        ViewConfig.host, "Address of the live view; 0.0.0.0: to everybody on the network"
    )
    view_port: int = parameter(
        ViewConfig.port, "Port of the live view; its sound is on the next", ge=1024, le=65534
    )


def replay_graph(config: ReplayConfig) -> tuple[NodeSpec, ...]:
    """Return the nodes.

    Raises:
        ConfigError: There is no such bag, or no namespace.
        BagError: It cannot be read.
    """
    if not config.namespace.strip("/"):
        raise ConfigError("namespace = '': a bag is not played where a pianist may be")
    if not Path(config.bag, "metadata.yaml").is_file():
        raise ConfigError(f"bag = {config.bag!r}: not the folder of a bag")
    return (
        NodeSpec(
            package="pianomime_view",
            executable="view",
            name="view",
            parameters={
                "embodiment": _reference(hands_in(Path(config.bag))),
                "controls": False,
                "host": config.view_host,
                "port": config.view_port,
            },
            on_death=OnDeath.END,
        ),
    )


def _reference(hands: HandSpec) -> str:
    """Return what `embodiment` finds hands by; those that came with the bag are written down."""
    if hands.bundled:
        return hands.reference
    path = cache_dir() / f"{hands.identity}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(hands.text)
    return str(path)


def play_command(config: ReplayConfig) -> list[str]:
    """Return the command that plays what the view shows, and nothing that others would obey."""
    hands = hands_in(Path(config.bag))
    shown = {t.name for t in node_topics("view", (), hands).listens if not t.name.startswith("/")}
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
