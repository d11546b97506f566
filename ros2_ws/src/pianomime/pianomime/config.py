"""Configuration: frozen dataclasses whose fields have a description and a range.

Validation, ROS parameter declarations and documentation are derived from the fields.
"""

import dataclasses
import math
from collections.abc import Callable
from typing import Any, TypeVar

from pianomime.errors import ConfigError, PianoMimeError

T = TypeVar("T")
C = TypeVar("C", bound="Config")


def parameter(
    default: T,
    description: str,
    *,
    ge: float | None = None,
    le: float | None = None,
    one_of: tuple[str, ...] = (),
    legal: Callable[[str], object] | None = None,
    runtime: bool = False,
) -> T:
    """Declare a field of a `Config`.

    Args:
        default: Default value; its type is the type of the parameter.
        description: One line, with the unit.
        ge: Smallest legal value.
        le: Largest legal value.
        one_of: Legal values of a string.
        legal: Raises `PianoMimeError` for an illegal string.
        runtime: Whether the value can be changed while a node runs.
    """
    metadata = {
        "description": description,
        "ge": ge,
        "le": le,
        "one_of": one_of,
        "legal": legal,
        "runtime": runtime,
    }
    field: T = dataclasses.field(default=default, metadata=metadata)
    return field


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Base class of all configurations; construction validates every field.

    Raises:
        ConfigError: A value is outside its range, or its type differs from the default's.
    """

    def __post_init__(self) -> None:
        """Check each field against its declaration."""
        for field in dataclasses.fields(self):
            check(field, getattr(self, field.name))

    def part(self, config_type: type[C]) -> C:
        """Return the fields of a base class alone."""
        fields = dataclasses.fields(config_type)
        return config_type(**{field.name: getattr(self, field.name) for field in fields})


def check(field: dataclasses.Field[Any], value: Any) -> None:
    """Validate `value` for a field of a `Config`.

    Raises:
        ConfigError: The value is illegal; names the field, the value and the legal values.
    """
    meta = field.metadata
    legal: type[Any] = type(field.default)
    if type(value) is not legal and not (legal is float and type(value) is int):
        raise ConfigError(f"{field.name} = {value!r}: must be of type {legal.__name__}")
    if meta["one_of"] and value not in meta["one_of"]:
        raise ConfigError(f"{field.name} = {value!r}: must be one of {', '.join(meta['one_of'])}")
    if meta["legal"] is not None:
        try:
            meta["legal"](value)
        except PianoMimeError as error:
            raise ConfigError(f"{field.name}: {error}") from error
    if meta["ge"] is None and meta["le"] is None:
        return
    low = -math.inf if meta["ge"] is None else float(meta["ge"])
    high = math.inf if meta["le"] is None else float(meta["le"])
    if not low <= value <= high:
        raise ConfigError(f"{field.name} = {value!r}: must be in [{low:g}, {high:g}]")
