"""Validation of a ROS parameter file before any node is started with it."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from pianomime.errors import ConfigError
from pianomime_bringup.graph import GraphConfig, NodeSpec

_PARAMETERS: Final = "ros__parameters"


def check_params_file(config: GraphConfig, nodes: Sequence[NodeSpec]) -> None:
    """Reject a file with parameters of nodes that do not exist; ROS ignores them silently.

    Raises:
        ConfigError: The file is missing or malformed, or names unknown nodes.
    """
    if not config.params_file:
        return
    what = f"params_file = {config.params_file!r}"
    try:
        tree = yaml.safe_load(Path(config.params_file).read_text())
    except FileNotFoundError:
        raise ConfigError(f"{what}: not a file") from None
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        line = str(error).replace("\n", " ")
        raise ConfigError(f"{what}: cannot be read ({line})") from None
    names = [config.full_name(node.name) for node in nodes]
    named = list(_named(tree, "", what))
    if not named:
        raise ConfigError(f"{what}: nothing in it; must be NODE: {{{_PARAMETERS}: {{…}}}}")
    for pattern in named:
        if not any(_fits(pattern, name) for name in names):
            raise ConfigError(f"{what}: no node {pattern}; there are: {', '.join(names)}")


def _named(tree: Any, path: str, what: str) -> Iterator[str]:
    """Yield the fully qualified name pattern of each node with parameters in the file."""
    if not isinstance(tree, dict):
        raise ConfigError(f"{what}: {path or 'it'} has no {_PARAMETERS}")
    for key, inner in tree.items():
        if key == _PARAMETERS:
            if not isinstance(inner, dict):
                raise ConfigError(f"{what}: {_PARAMETERS} of {path or 'nothing'}: not a mapping")
            yield path
        else:
            yield from _named(inner, f"{path}/{str(key).strip('/')}", what)


def _fits(pattern: str, name: str) -> bool:
    """Return whether a node's name matches: * is one part of it, ** any number of parts."""
    regex = re.escape(pattern).replace(r"/\*\*", r"(/[^/]+)*").replace(r"\*", "[^/]+")
    return re.fullmatch(regex, name) is not None
