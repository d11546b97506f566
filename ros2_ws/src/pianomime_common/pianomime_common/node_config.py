"""Parameters that every node has."""

from dataclasses import dataclass

from pianomime.config import Config, parameter


@dataclass(frozen=True, kw_only=True)
class NodeConfig(Config):
    """How a node starts."""

    autostart: bool = parameter(
        True, "Configure and activate at once; else wait for lifecycle transitions"
    )
