"""Reader of many files, which skips those that it cannot read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pianomime.errors import ScoreError
from pianomime.score.arrangement import Arrangement
from pianomime.score.arrangement_config import ArrangementConfig
from pianomime.score.midi import load_arrangement, printable

SUFFIXES: Final = (".mid", ".midi", ".kar", ".rmi", ".smf", ".musicxml", ".mxl")
"""Suffixes of the files that are sought in a folder, in lower case."""


@dataclass(frozen=True)
class SongFiles:
    """What was read, and what was not.

    Attributes:
        arrangements: Songs that can be played, by path.
        refused: One line for each file that cannot be played, with its name and the reason.
    """

    arrangements: tuple[Arrangement, ...]
    refused: tuple[str, ...]


def load_files(path: Path, config: ArrangementConfig) -> SongFiles:
    """Read one file, or all files with `SUFFIXES` in a folder and its subfolders.

    Raises:
        ScoreError: There are no such files, or none of them can be played.
    """
    arrangements: list[Arrangement] = []
    refused: list[str] = []
    for file in _files(path):
        try:
            arrangements.append(load_arrangement(file, config))
        except ScoreError as error:
            refused.append(str(error))
    if not arrangements:
        more = f" (and {len(refused) - 1} others)" if len(refused) > 1 else ""
        raise ScoreError(refused[0] + more)
    return SongFiles(tuple(arrangements), tuple(refused))


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
    if not files:
        raise ScoreError(f"{printable(path)}: no {', '.join(SUFFIXES)} files there")
    return files
