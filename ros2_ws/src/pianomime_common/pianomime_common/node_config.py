"""Parameters that every node has."""

from dataclasses import dataclass

from pianomime.config import Config, parameter
from pianomime.timing import Timing


@dataclass(frozen=True, kw_only=True)
class NodeConfig(Config):
    """How a node starts."""

    autostart: bool = parameter(
        True, "Configure and activate at once; else wait for lifecycle transitions"
    )


@dataclass(frozen=True, kw_only=True)
class TimedNodeConfig(NodeConfig, Timing):
    """Parameters of a node that keeps the graph's timing."""

    @property
    def timing(self) -> Timing:
        """The graph's timing."""
        return Timing(decision_s=self.decision_s, command_s=self.command_s)
