"""Find the description of a pair of hands, by name or by path."""

from functools import cache
from pathlib import Path
from typing import Final

from pianomime.config import parameter
from pianomime.errors import ModelError
from pianomime.hands.hand_spec import HandSpec
from pianomime.hands.spec_file import BUNDLED, read_spec

EMBODIMENTS: Final = tuple(sorted(path.stem for path in BUNDLED.glob("*.yaml")))
"""Names of the bundled descriptions."""


def embodiment(reference: str) -> HandSpec:
    """Return the bundled description of this name, or the one in the file at this path.

    Raises:
        ModelError: There is none, or it is not valid.
    """
    if reference in EMBODIMENTS:
        return _bundled(reference)
    path = Path(reference).expanduser()
    if path.suffix not in (".yaml", ".yml"):
        raise ModelError(
            f"unknown embodiment {reference!r}; there are: {', '.join(EMBODIMENTS)}, and the path "
            "of a hand's .yaml file"
        )
    return read_spec(path.absolute())


def embodiment_parameter() -> str:
    """Declare the field of a `Config` that says which hands play."""
    known = ", ".join(EMBODIMENTS)
    return parameter("pianomime", f"Hands: {known}, or the path of a .yaml file", legal=embodiment)


@cache
def _bundled(name: str) -> HandSpec:
    return read_spec(BUNDLED / f"{name}.yaml")
