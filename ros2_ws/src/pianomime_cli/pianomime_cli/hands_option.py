"""The `--embodiment` option of the commands."""

import argparse

from pianomime.hands.embodiment import EMBODIMENTS, embodiment
from pianomime.hands.hand_spec import HandSpec


def add_hands(parser: argparse.ArgumentParser) -> None:
    """Add `--embodiment`."""
    known = ", ".join(EMBODIMENTS)
    parser.add_argument(
        "--embodiment",
        default="pianomime",
        metavar="HANDS",
        help=f"{known}, or the path of a hand's .yaml file (default: pianomime)",
    )


def hands_of(options: argparse.Namespace) -> HandSpec:
    """Return the description of the hands.

    Raises:
        ModelError: There is no such embodiment, or its file is invalid.
    """
    return embodiment(options.embodiment)
