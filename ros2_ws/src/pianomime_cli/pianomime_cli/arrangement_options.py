"""Options `--tracks`, `--from` and `--to`, which choose what is played of a song."""

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

from pianomime.score.arrangement import Arrangement
from pianomime.score.arrangement_config import ArrangementConfig
from pianomime.score.song_files import SongFiles, load_files
from pianomime_bringup.arguments import from_strings

OPTIONS = ("tracks", "from_s", "to_s")
"""Fields of `ArrangementConfig` that `add_arrangement` makes options of."""


def add_arrangement(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    for field in dataclasses.fields(ArrangementConfig):
        if field.name in OPTIONS:
            parser.add_argument(
                "--" + field.name.removesuffix("_s"),
                dest=field.name,
                metavar="SECONDS" if field.name.endswith("_s") else "NUMBERS",
                help=field.metadata["description"],
            )


def arrangement_of(options: argparse.Namespace) -> ArrangementConfig:
    """Parse the options.

    Raises:
        ConfigError: A value is illegal.
    """
    given = {k: v for k, v in vars(options).items() if k in OPTIONS and v is not None}
    return from_strings(ArrangementConfig, given)


def read_files(path: Path, config: ArrangementConfig) -> SongFiles:
    """Read the songs in a folder or file, and print how they are arranged.

    Raises:
        ScoreError: There are none that can be played.
    """
    found = load_files(path, config)
    for arrangement in found.arrangements:
        print_remarks(arrangement)
    return found


def print_remarks(arrangement: Arrangement) -> None:
    """Print the parts that are played, faults of the file and changes of notes."""
    for remark in arrangement.remarks:
        print(f"{arrangement.score.title}: {remark}", file=sys.stderr)


def print_refused(refused: Sequence[str]) -> None:
    """Print the files that could not be read."""
    if refused:
        print(f"{len(refused)} files were left out:", file=sys.stderr)
    for line in refused:
        print(f"  {line}", file=sys.stderr)
