"""A file of ROS parameters, checked before any node is started with it."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from pianomime.errors import ConfigError
from pianomime_bringup.graph import GraphConfig, NodeSpec

_PARAMETERS: Final = "ros__parameters"


def check_params_file(config: GraphConfig, nodes: Sequence[NodeSpec]) -> None:
    """Refuse a file that no node would read; ROS itself would say nothing.

    Raises:
        ConfigError: There is no such file, it is malformed, or it is for nodes of other names.
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
        raise ConfigError(f"{what}: nothing in it; wanted: NODE: {{{_PARAMETERS}: {{…}}}}")
    for wanted in named:
        if not any(_fits(wanted, name) for name in names):
            raise ConfigError(f"{what}: no node {wanted}; there are: {', '.join(names)}")


def _named(tree: Any, path: str, what: str) -> Iterator[str]:
    """Give the name, with its namespaces, of every node that the file has parameters of."""
    if not isinstance(tree, dict):
        raise ConfigError(f"{what}: {path or 'it'} has no {_PARAMETERS}")
    for key, inner in tree.items():
        if key == _PARAMETERS:
            if not isinstance(inner, dict):
                raise ConfigError(f"{what}: {_PARAMETERS} of {path or 'nothing'}: not a mapping")
            yield path
        else:
            yield from _named(inner, f"{path}/{str(key).strip('/')}", what)


def _fits(wanted: str, name: str) -> bool:
    """Return whether a node's name is one wanted: * is one part of it, ** any number of parts."""
    pattern = re.escape(wanted).replace(r"/\*\*", r"(/[^/]+)*").replace(r"\*", "[^/]+")
    return re.fullmatch(pattern, name) is not None
