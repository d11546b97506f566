"""Command line options from a configuration's fields, and its values from strings."""

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
    """Parse a configuration from strings, as given by launch arguments.

    Raises:
        ConfigError: A value has the wrong type or is out of range.
    """
    values = {}
    for field in dataclasses.fields(config_type):
        if field.name in given:
            values[field.name] = _parse(field, given[field.name])
    return config_type(**values)


def timing_of(options: argparse.Namespace) -> Timing:
    """Parse the timing from a command's options.

    Raises:
        ConfigError: The timing is invalid.
    """
    return from_strings(Timing, {k: v for k, v in vars(options).items() if isinstance(v, str)})


def count(text: str) -> int:
    """Parse a positive integer; for argparse's `type`."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number of at least 1")
    return int(text)


def add_options(parser: argparse.ArgumentParser, config_type: type[Config], skip: set[str]) -> None:
    """Add an option for each field that is not in `skip`; booleans become flags."""
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
    legal = type(field.default)
    try:
        return _BOOLEANS[text.lower()] if legal is bool else legal(text)  # type: ignore[call-arg]
    except (ValueError, KeyError) as error:
        kind = {bool: "true or false", int: "a whole number", float: "a number"}.get(legal, "text")
        raise ConfigError(f"{field.name} = {text!r}: must be {kind}") from error
