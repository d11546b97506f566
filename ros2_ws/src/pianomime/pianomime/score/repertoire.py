"""Bundled pieces, and lookup of a score by name or path."""

import os
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import unquote_to_bytes

from pianomime.errors import ScoreError
from pianomime.score.arrangement import Arrangement
from pianomime.score.arrangement_config import ArrangementConfig
from pianomime.score.midi import load_arrangement
from pianomime.score.score import Score

_URI: Final = "file://"

_OF_ROBOPIANIST: Final = {
    "robopianist_twinkle": "twinkle-twinkle-trimmed.mid",
    "robopianist_nocturne": "nocturne-trimmed.mid",
}
"""Two MIDI files in the installed robopianist package (music/data/rousseau)."""


def repertoire() -> dict[str, Path]:
    """Return the paths of the bundled pieces, keyed by name."""
    folder = Path(str(files("pianomime") / "repertoire"))
    pieces = {path.stem: path for path in sorted(folder.glob("*.mid"))}
    spec = find_spec("robopianist")
    if spec is not None and spec.origin:
        data = Path(spec.origin).parent / "music/data/rousseau"
        pieces |= {name: data / file for name, file in _OF_ROBOPIANIST.items()}
    return pieces


def find_score(song: str, transpose: int = 0, stretch: float = 1.0) -> Score:
    """Load a bundled piece by name, or a MIDI file by path, arranged for two hands.

    Args:
        song: Name or path.
        transpose: Transposition in semitones.
        stretch: Factor on all times; 2 is half the tempo.

    Returns:
        The score without its leading silence.

    Raises:
        ScoreError: There is no such piece or file, or it cannot be played with these settings.
    """
    return find_arrangement(song, ArrangementConfig(transpose=transpose, stretch=stretch)).score


def find_arrangement(song: str, config: ArrangementConfig) -> Arrangement:
    """Load a bundled piece by name, or a MIDI file by path or file URI, and arrange it.

    Raises:
        ScoreError: There is no such piece or file, or it cannot be played with these settings.
    """
    pieces = repertoire()
    path = pieces.get(song, _path(song))
    if not song or (not path.exists() and "/" not in song and not path.suffix):
        raise ScoreError(f"no piece {song!r}; there are: {', '.join(pieces)}, or give a MIDI file")
    return load_arrangement(path, config)


def _path(song: str) -> Path:
    """Return the path of a song; a file URI holds names that are not UTF-8."""
    if song.startswith(_URI):
        return Path(os.fsdecode(unquote_to_bytes(song.removeprefix(_URI))))
    return Path(song)
