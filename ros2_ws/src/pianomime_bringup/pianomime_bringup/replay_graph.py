"""The graph that shows a bag again: what its topics say, in the browser."""

from dataclasses import dataclass
from pathlib import Path

from pianomime.config import parameter
from pianomime.errors import ConfigError
from pianomime.hands.embodiment import EMBODIMENTS
from pianomime_bringup.graph import GraphConfig, NodeSpec, OnDeath
from pianomime_view.view_config import ViewConfig


@dataclass(frozen=True, kw_only=True)
class ReplayConfig(GraphConfig):
    """Arguments of the graph."""

    bag: str = parameter("", "Folder of the bag to play; it has to be named")
    embodiment: str = parameter("pianomime", "Whose hands it shows", one_of=tuple(EMBODIMENTS))
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
        ConfigError: There is no such bag.
    """
    config.check_files()
    if not Path(config.bag, "metadata.yaml").is_file():
        raise ConfigError(f"bag = {config.bag!r}: not the folder of a bag")
    return (
        NodeSpec(
            package="pianomime_view",
            executable="view",
            name="view",
            parameters={
                "embodiment": config.embodiment,
                "host": config.view_host,
                "port": config.view_port,
            },
            on_death=OnDeath.END,
        ),
    )


def play_command(config: ReplayConfig) -> list[str]:
    """Return the command that plays the bag."""
    command = ["ros2", "bag", "play", config.bag, "--rate", str(config.rate)]
    command += ["--delay", "3.0"]  # until the view listens
    return command
