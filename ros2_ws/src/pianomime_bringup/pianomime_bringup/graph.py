"""How a graph is described: its nodes, and what all graphs can be told."""

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from pianomime.config import Config, parameter
from pianomime.errors import ConfigError

Value = str | int | float | bool

_NAMESPACE: Final = re.compile(r"/?([A-Za-z_]\w*(/[A-Za-z_]\w*)*)?/?", re.ASCII)
"""As rmw_validate_namespace has it."""


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

    @property
    def remap_arguments(self) -> list[str]:
        """Return these as a node takes them after `--ros-args`."""
        return [part for a, b in self.remappings.items() for part in ("-r", f"{a}:={b}")]

    def full_name(self, name: str) -> str:
        """Return a node's name with the namespace."""
        return "/" + f"{self.namespace.strip('/')}/{name}".lstrip("/")

    def log_level_of(self, name: str) -> str:
        """Return what `--log-level` takes for a node."""
        logger = ".".join(part for part in (*self.namespace.split("/"), name) if part)
        return f"{logger}:={self.log_level}"

    def __post_init__(self) -> None:
        """Check the values, and the namespace.

        Raises:
            ConfigError: One is out of range, or ROS takes no such namespace.
        """
        super().__post_init__()
        if not _NAMESPACE.fullmatch(self.namespace):
            raise ConfigError(
                f"namespace = {self.namespace!r}: must be letters, digits and _ in parts, by /, "
                "that begin with no digit"
            )
