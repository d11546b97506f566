"""Find the description of a pair of hands, by name or by path."""

from functools import cache
from pathlib import Path
from typing import Final

from pianomime.errors import ModelError
from pianomime.hands.hand_spec import HandSpec
from pianomime.hands.spec_file import BUNDLED, read_spec

EMBODIMENTS: Final = tuple(sorted(path.stem for path in BUNDLED.glob("*.yaml")))
"""Names of the bundled descriptions."""


def embodiment(name: str) -> HandSpec:
    """Return the bundled description with this name, or the one in the file at this path.

    Raises:
        ModelError: There is none, or it is not valid.
    """
    if name in EMBODIMENTS:
        return _bundled(name)
    path = Path(name).expanduser()
    if path.suffix not in (".yaml", ".yml"):
        raise ModelError(
            f"unknown embodiment {name!r}; there are: {', '.join(EMBODIMENTS)}, or the path of "
            "a hand's .yaml file"
        )
    return read_spec(path)


@cache
def _bundled(name: str) -> HandSpec:
    return read_spec(BUNDLED / f"{name}.yaml")
