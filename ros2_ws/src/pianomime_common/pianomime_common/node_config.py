"""Base classes of the nodes' parameters."""

from dataclasses import dataclass

from pianomime.config import Config, parameter
from pianomime.timing import Timing


@dataclass(frozen=True, kw_only=True)
class NodeConfig(Config):
    """Parameters of every node."""

    autostart: bool = parameter(
        True, "Configure and activate at start; otherwise wait for lifecycle transitions"
    )


@dataclass(frozen=True, kw_only=True)
class TimedNodeConfig(NodeConfig, Timing):
    """Parameters of a node that uses the graph's timing."""
