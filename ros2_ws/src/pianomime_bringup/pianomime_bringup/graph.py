"""Description of a graph: its nodes, and the arguments that all graphs have."""

from dataclasses import dataclass, field
from enum import Enum

from pianomime.config import Config, parameter
from pianomime.errors import ConfigError
from pianomime_common.ros_names import LEGAL_NAME, is_legal_name

Value = str | int | float | bool


class OnDeath(Enum):
    """Reaction of a graph to the death of a node."""

    RESPAWN = "the node is restarted"
    GO_ON = "the other nodes continue without it"
    END = "the graph ends"


@dataclass(frozen=True, kw_only=True)
class NodeSpec:
    """One node of a graph.

    Attributes:
        package: ROS package.
        executable: Name of its entry point.
        name: Node name.
        parameters: ROS parameters.
        on_death: Reaction to its death.
    """

    package: str
    executable: str
    name: str
    parameters: dict[str, Value] = field(default_factory=dict)
    on_death: OnDeath = OnDeath.RESPAWN

    @property
    def module(self) -> str:
        """Python module of the node."""
        return f"{self.package}.{self.executable}_node"


@dataclass(frozen=True, kw_only=True)
class GraphConfig(Config):
    """Arguments of every graph."""

    namespace: str = parameter("", "Namespace of all nodes and topics")
    params_file: str = parameter("", "YAML file of ROS parameters that override the arguments")
    log_level: str = parameter(
        "info", "Lowest severity that is logged", one_of=("debug", "info", "warn", "error", "fatal")
    )

    @property
    def remappings(self) -> dict[str, str]:
        """Remappings of all nodes: a graph in a namespace has its own /clock."""
        namespace = self.namespace.strip("/")
        return {"/clock": f"/{namespace}/clock"} if namespace else {}

    @property
    def remap_arguments(self) -> list[str]:
        """The remappings as arguments after `--ros-args`."""
        return [part for a, b in self.remappings.items() for part in ("-r", f"{a}:={b}")]

    def full_name(self, name: str) -> str:
        """Return a node's fully qualified name."""
        return "/" + f"{self.namespace.strip('/')}/{name}".lstrip("/")

    def log_level_of(self, name: str) -> str:
        """Return the value of `--log-level` for a node."""
        logger = ".".join(part for part in (*self.namespace.split("/"), name) if part)
        return f"{logger}:={self.log_level}"

    def __post_init__(self) -> None:
        """Validate the values and the namespace.

        Raises:
            ConfigError: A value is out of range, or the namespace is illegal in ROS.
        """
        super().__post_init__()
        name = self.namespace.removeprefix("/").removesuffix("/")
        if name and not is_legal_name(name):
            raise ConfigError(f"namespace = {self.namespace!r}: must be {LEGAL_NAME}")
