"""Turn a configuration's fields into command line options, and strings into its values."""

import argparse
import dataclasses
from collections.abc import Mapping
from typing import TypeVar

from pianomime.config import Config
from pianomime.errors import ConfigError
from pianomime.timing import Timing

C = TypeVar("C", bound=Config)

_BOOLEANS = {"true": True, "false": False}


def from_strings(config_type: type[C], given: Mapping[str, str]) -> C:
    """Return the configuration that `given` spells out, as launch arguments do.

    Raises:
        ConfigError: A value has the wrong type or is out of range.
    """
    values = {}
    for field in dataclasses.fields(config_type):
        if field.name in given:
            values[field.name] = _parse(field, given[field.name])
    return config_type(**values)


def timing_of(options: argparse.Namespace) -> Timing:
    """Return the timing of a command's options.

    Raises:
        ConfigError: It is not legal.
    """
    return from_strings(Timing, {k: v for k, v in vars(options).items() if isinstance(v, str)})


def count(text: str) -> int:
    """Return a whole number of at least 1, as an argument's type."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number of at least 1")
    return int(text)


def add_options(parser: argparse.ArgumentParser, config_type: type[Config], skip: set[str]) -> None:
    """Add an option for each field, except those in `skip`; flags for booleans."""
    for field in dataclasses.fields(config_type):
        if field.name in skip:
            continue
        option = "--" + field.name.replace("_", "-")
        text = field.metadata["description"]
        if isinstance(field.default, bool):
            parser.add_argument(option, action="store_const", const="true", help=text)
        else:
            legal = f"; one of {', '.join(field.metadata['one_of'])}" * bool(
                field.metadata["one_of"]
            )
            shown = f" (default: {field.default}{legal})" if field.default != "" else ""
            parser.add_argument(option, metavar="VALUE", help=text + shown)


def _parse(field: "dataclasses.Field[object]", text: str) -> object:
    wanted = type(field.default)
    try:
        return _BOOLEANS[text.lower()] if wanted is bool else wanted(text)  # type: ignore[call-arg]
    except (ValueError, KeyError) as error:
        kind = {bool: "true or false", int: "a whole number", float: "a number"}.get(wanted, "text")
        raise ConfigError(f"{field.name} = {text!r}: must be {kind}") from error
