"""Read a hand's description from a YAML file, and refuse what does not fit, by name."""

import dataclasses
import hashlib
import re
from pathlib import Path
from typing import Any, Final

import yaml

from pianomime.errors import ModelError
from pianomime.hands.hand_spec import HandSpec
from pianomime.hands.typed import typed

BUNDLED: Final = Path(__file__).with_name("specs")
"""Folder of the bundled descriptions."""


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
        spec: HandSpec = typed(HandSpec, data, "")
        _check(spec)
        if not spec.model.package and not isinstance(data["model"].get("file"), dict):
            raise ValueError("model.file: must have left and right: there are two hands")
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
        raise ValueError("model.file: must have left and right: there are two hands")
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
