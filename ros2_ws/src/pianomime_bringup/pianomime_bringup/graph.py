"""How a graph is described: its nodes, and what all graphs can be told."""

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from pianomime.config import Config, parameter
from pianomime.errors import ConfigError

Value = str | int | float | bool


class OnDeath(Enum):
    """What becomes of a graph when a node of it dies."""

    RESPAWN = "it is started again"
    GO_ON = "the others go on without it"
    END = "the graph ends"


@dataclass(frozen=True, kw_only=True)
class NodeSpec:
    """One node of a graph.

    Attributes:
        package: ROS package.
        executable: Name of its entry point.
        name: Node name.
        parameters: ROS parameters.
        on_death: What is done when it dies.
    """

    package: str
    executable: str
    name: str
    parameters: dict[str, Value] = field(default_factory=dict)
    on_death: OnDeath = OnDeath.RESPAWN

    @property
    def module(self) -> str:
        """Return the Python module of the node."""
        return f"{self.package}.{self.executable}_node"


@dataclass(frozen=True, kw_only=True)
class GraphConfig(Config):
    """Arguments that every graph has."""

    namespace: str = parameter("", "Namespace of all nodes and topics")
    params_file: str = parameter("", "YAML file of ROS parameters that override these")
    log_level: str = parameter(
        "info", "Least severe messages logged", one_of=("debug", "info", "warn", "error", "fatal")
    )

    @property
    def remappings(self) -> dict[str, str]:
        """Of all nodes: a graph in a namespace has its own time."""
        namespace = self.namespace.strip("/")
        return {"/clock": f"/{namespace}/clock"} if namespace else {}

    def log_level_of(self, name: str) -> str:
        """Return what `--log-level` takes for a node."""
        logger = ".".join(part for part in (*self.namespace.split("/"), name) if part)
        return f"{logger}:={self.log_level}"

    def check_files(self) -> None:
        """Refuse what cannot be read before anything starts.

        Raises:
            ConfigError: There is no such params_file.
        """
        if self.params_file and not Path(self.params_file).is_file():
            raise ConfigError(f"params_file = {self.params_file!r}: not a file")
