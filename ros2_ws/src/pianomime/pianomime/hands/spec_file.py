"""Read a hand's description from a YAML file, and refuse what does not fit, by name."""

import dataclasses
import hashlib
import math
import re
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

import yaml

from pianomime.errors import ModelError
from pianomime.hands.hand_spec import HandSpec
from pianomime.hands.sided import Sided

BUNDLED: Final = Path(__file__).with_name("specs")
"""Folder of the bundled descriptions."""

_NOT_IN_THE_FILE: Final = ("text", "digest", "file", "bundled")


def read_spec(path: Path) -> HandSpec:
    """Return the description in a YAML file.

    Raises:
        ModelError: It cannot be read, or a value in it is missing, unknown or illegal.
    """
    text = yaml.safe_dump(_load(path), sort_keys=False)
    spec = parse_spec(text, str(path))
    return dataclasses.replace(spec, file=path, bundled=path.parent == BUNDLED)


def parse_spec(text: str, where: str) -> HandSpec:
    """Return the description with this `text` of its own; `where` it is from is for errors.

    Raises:
        ModelError: It is no YAML, or a value in it is missing, unknown or illegal.
    """
    try:
        data = _mapping(text)
        spec: HandSpec = _convert(HandSpec, data, "")
        _check(spec)
    except ValueError as error:
        raise ModelError(f"{where}: {error}") from error
    data["model"].pop("file", None)
    digest = hashlib.sha256(yaml.safe_dump(data).encode()).hexdigest()[:8]
    return dataclasses.replace(spec, text=text, digest=digest)


def _load(path: Path) -> dict[str, Any]:
    """Return what a file says, on top of what the file says that it is like.

    Raises:
        ModelError: One of them cannot be read.
    """
    try:
        data = _mapping(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: cannot be read ({error})") from error
    except ValueError as error:
        raise ModelError(f"{path}: {error}") from error
    _root_files(data, path.parent)
    like = data.pop("like", None)
    if like is None:
        return data
    bundled = BUNDLED / f"{like}.yaml"
    return _merged(_load(bundled if bundled.is_file() else path.parent / str(like)), data)


def _mapping(text: str) -> dict[str, Any]:
    """Return the mapping that `text` is; ValueError if it is none."""
    try:
        data = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise ValueError(f"no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(data, dict):
        raise ValueError("must be names and their values")
    return data


def _root_files(data: dict[str, Any], folder: Path) -> None:
    """Let relative paths of models start at the folder of the file that names them."""
    model = data.get("model")
    files = model.get("file") if isinstance(model, dict) else None
    if isinstance(files, dict):
        for side, file in files.items():
            if isinstance(file, str) and file and not file.startswith(("${", "~")):
                files[side] = str(folder / file)


def _merged(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """Return `base` with the values of `change`; None takes a value away."""
    merged = dict(base)
    for name, value in change.items():
        if isinstance(value, dict) and isinstance(merged.get(name), dict):
            merged[name] = _merged(merged[name], value)
        elif value is None:
            merged.pop(name, None)
        else:
            merged[name] = value
    return merged


def _convert(kind: Any, value: Any, where: str) -> Any:
    """Return `value` as `kind`; ValueError names `where`, the value and what is legal."""
    origin, args = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _convert_fields(kind, value, where)
    if origin is Sided:
        both = isinstance(value, dict) and value.keys() & {"left", "right"}
        if both and value.keys() != {"left", "right"}:
            raise ValueError(f"{where}: give both left and right, for there are two hands")
        each = (value["left"], value["right"]) if both else (value, value)
        return Sided(*(_convert(args[0], one, where) for one in each))
    if origin in (typing.Union, types.UnionType):
        return None if value is None else _convert(args[0], value, where)
    if origin is tuple:
        return _convert_list(args, value, where)
    if origin is Mapping or (isinstance(origin, type) and issubclass(origin, Mapping)):
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise ValueError(f"{where} = {value!r}: must be names and their values")
        return {key: _convert(args[1], inner, f"{where}.{key}") for key, inner in value.items()}
    if origin is Literal:
        if value not in args:
            legal = ", ".join(repr(arg) for arg in args)
            raise ValueError(f"{where} = {value!r}: must be one of {legal}")
        return value
    return _convert_scalar(kind, value, where)


def _convert_fields(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{where or 'the file'}: must be names and their values, not {value!r}")
    hints = get_type_hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind) if f.name not in _NOT_IN_THE_FILE}
    inner = f"{where}." if where else ""
    for name in value.keys() - fields.keys():
        raise ValueError(f"{inner}{name}: unknown; there are: {', '.join(fields)}")
    for name, field in fields.items():
        required = field.default is field.default_factory is dataclasses.MISSING
        if required and name not in value:
            raise ValueError(f"{inner}{name}: missing")
    given = {name: _convert(hints[name], value[name], f"{inner}{name}") for name in value}
    return kind(**given)


def _convert_list(args: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{where} = {value!r}: must be a list")
    if args[-1] is Ellipsis:
        return tuple(_convert(args[0], one, f"{where}[{i}]") for i, one in enumerate(value))
    if len(value) != len(args):
        raise ValueError(f"{where} = {value!r}: must be {len(args)} values")
    return tuple(_convert(arg, one, where) for arg, one in zip(args, value, strict=True))


def _convert_scalar(kind: Any, value: Any, where: str) -> Any:
    if kind is float and type(value) in (int, float) and not math.isnan(value):
        return float(value)
    if type(value) is not kind:
        what = {float: "a number", str: "a text", bool: "true or false"}.get(kind, kind.__name__)
        raise ValueError(f"{where} = {value!r}: must be {what}")
    return value


def _check(spec: HandSpec) -> None:
    """Check what no field says by itself; ValueError names the offender."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", spec.name):
        raise ValueError(f"name = {spec.name!r}: must be lower case letters, digits and _")
    _check_fingers(spec)
    if not spec.controllers:
        raise ValueError("controllers: must name at least one")
    if spec.model.package:
        return
    if not all(spec.model.file):
        raise ValueError("model.file: must give the file of both hands, left and right")
    if spec.mounting.position_m is None:
        raise ValueError("mounting.position_m: missing")
    for slide in spec.mounting.slides:
        if None in (slide.gain_n_m, slide.damping_ns_m, slide.range_m):
            raise ValueError(
                f"mounting: slide {slide.joint}: must have gain_n_m, damping_ns_m and range_m"
            )


def _check_fingers(spec: HandSpec) -> None:
    if not spec.fingers:
        raise ValueError("fingers: must be at least one, each with its fingertip")
    names = [finger.name for finger in spec.fingers]
    places = [finger.place_m for finger in spec.fingers]
    if len(set(names)) < len(names):
        raise ValueError(f"fingers: each needs a name of its own, not {', '.join(names)}")
    if 0.0 not in places or sorted(set(places)) != places:
        raise ValueError(
            f"fingers: place_m = {places}: must rise from the thumb on, and be 0 for the reference"
        )
    for finger in spec.fingers:
        where = f"fingers: {finger.name}"
        if not (all(finger.site) or all(finger.body)):
            raise ValueError(f"{where}: no fingertip; give site, or body and tip_m")
        if finger.width_m <= 0.0 or finger.give_m <= 0.0:
            raise ValueError(f"{where}: width_m and give_m must be above 0")
