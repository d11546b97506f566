"""JSON that every parser takes: numbers that are none become null."""

import json
import math
from typing import Any

import numpy as np


def json_text(value: Any, **layout: Any) -> str:
    """Return `value` as JSON; `layout` is `json.dumps`'s."""
    return json.dumps(_plain(value), allow_nan=False, **layout)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
