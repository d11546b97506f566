"""Values from a YAML file as dataclasses, or refused by name."""

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from pianomime.hands.sided import Sided

NOT_FROM_FILE: Final = types.MappingProxyType({"from_file": False})
"""Metadata of a field that no file gives."""


def typed(kind: Any, value: Any, where: str) -> Any:
    """Return `value` as `kind`; ValueError names `where`, the value and what is legal."""
    origin, args = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _convert_fields(kind, value, where)
    if origin is Sided:
        return _convert_sided(args[0], value, where)
    if origin is tuple:
        return _convert_list(args, value, where)
    if origin is Mapping:
        return _convert_mapping(args[1], value, where)
    if origin in (typing.Union, types.UnionType):  # something or None
        return None if value is None else typed(args[0], value, where)
    return _convert_scalar(kind, value, where)


def _convert_sided(kind: Any, value: Any, where: str) -> Sided[Any]:
    sides = Sided._fields
    if not (isinstance(value, dict) and value.keys() & set(sides)):
        return Sided.both(typed(kind, value, where))
    if value.keys() != set(sides):
        raise ValueError(f"{where}: must have both left and right: there are two hands")
    return Sided(*(typed(kind, value[side], f"{where}.{side}") for side in sides))


def _convert_mapping(kind: Any, value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise ValueError(f"{where} = {value!r}: must be names and their values")
    return {key: typed(kind, inner, f"{where}.{key}") for key, inner in value.items()}


def _convert_fields(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{where or 'the file'}: must be names and their values, not {value!r}")
    hints = get_type_hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind) if f.metadata is not NOT_FROM_FILE}
    inner = f"{where}." if where else ""
    for name in value.keys() - fields.keys():
        raise ValueError(f"{inner}{name}: unknown; there are: {', '.join(fields)}")
    for name, field in fields.items():
        required = field.default is field.default_factory is dataclasses.MISSING
        if required and name not in value:
            raise ValueError(f"{inner}{name}: missing")
    given = {name: typed(hints[name], value[name], f"{inner}{name}") for name in value}
    return kind(**given)


def _convert_list(args: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{where} = {value!r}: must be a list")
    if args[-1] is Ellipsis:
        return tuple(typed(args[0], one, f"{where}[{i}]") for i, one in enumerate(value))
    if len(value) != len(args):
        raise ValueError(f"{where} = {value!r}: must be {len(args)} values")
    return tuple(typed(arg, one, where) for arg, one in zip(args, value, strict=True))


def _convert_scalar(kind: Any, value: Any, where: str) -> Any:
    if get_origin(kind) is Literal:
        if value in get_args(kind):
            return value
        legal = ", ".join(repr(arg) for arg in get_args(kind))
        raise ValueError(f"{where} = {value!r}: must be one of {legal}")
    if kind is float and type(value) in (int, float) and not math.isnan(value):
        return float(value)
    if type(value) is not kind:
        what = {float: "a number", str: "a text", bool: "true or false"}.get(kind, kind.__name__)
        raise ValueError(f"{where} = {value!r}: must be {what}")
    return value
