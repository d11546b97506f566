"""Parameter of nodes that subscribe to controllers."""

from dataclasses import dataclass

from pianomime.config import parameter
from pianomime.errors import ConfigError
from pianomime_common.node_config import NodeConfig
from pianomime_common.ros_names import LEGAL_NAME, is_legal_name


@dataclass(frozen=True, kw_only=True)
class SourcesConfig(NodeConfig):
    """Names of the graph's controllers; can be changed at run time."""

    sources: str = parameter("expert", "Controllers, separated by commas", runtime=True)

    def __post_init__(self) -> None:
        """Validate the values and the controllers' names.

        Raises:
            ConfigError: There is no name, or one cannot be part of a topic name.
        """
        super().__post_init__()
        if not self.source_names:
            raise ConfigError(f"sources = {self.sources!r}: must name at least one controller")
        for name in self.source_names:
            if not is_legal_name(name.removeprefix("/")):
                raise ConfigError(f"sources = {self.sources!r}: {name!r} must be {LEGAL_NAME}")

    @property
    def source_names(self) -> tuple[str, ...]:
        """Names of the controllers."""
        names = (name.strip() for name in self.sources.split(","))
        return tuple(dict.fromkeys(name for name in names if name))
