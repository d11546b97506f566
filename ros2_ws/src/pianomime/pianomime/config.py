"""Configuration: frozen dataclasses whose fields carry description and range.

The dataclass is the one table: validation, ROS parameter declarations and the documentation are
all read off its fields.
"""

import dataclasses
import math
from collections.abc import Callable
from typing import Any, TypeVar

from pianomime.errors import ConfigError, PianoMimeError

T = TypeVar("T")


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
    """Declare one field of a `Config`.

    Args:
        default: Value where none is given; its type is the parameter's type.
        description: One line for people, with the unit.
        ge: Smallest legal value.
        le: Largest legal value.
        one_of: Legal values of a string.
        legal: Raises `PianoMimeError` for a string that is not legal.
        runtime: Whether a running node takes a new value.
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
    """Base of all configurations; construction validates every field.

    Raises:
        ConfigError: A value has another type than its default or is outside its range.
    """

    def __post_init__(self) -> None:
        """Check each field against its declaration."""
        for field in dataclasses.fields(self):
            check(field, getattr(self, field.name))


def check(field: dataclasses.Field[Any], value: Any) -> None:
    """Check `value` for one field of a `Config`.

    Raises:
        ConfigError: With the field's name, the value and what is legal.
    """
    meta = field.metadata
    wanted: type[Any] = type(field.default)
    if type(value) is not wanted and not (wanted is float and type(value) is int):
        raise ConfigError(f"{field.name} = {value!r}: must be of type {wanted.__name__}")
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
