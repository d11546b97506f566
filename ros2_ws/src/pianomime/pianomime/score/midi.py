"""Read songs from MIDI files, and write scores as MIDI files."""

import os
from pathlib import Path
from typing import Final

from pianomime.errors import OutputError, ScoreError
from pianomime.piano.geometry import LOWEST_PITCH
from pianomime.score.arrangement import Arrangement, arrange
from pianomime.score.arrangement_config import ArrangementConfig
from pianomime.score.file_kinds import is_music_xml, other_kind
from pianomime.score.midi_controllers import SUSTAIN_CONTROLLER
from pianomime.score.midi_song import midi_song
from pianomime.score.music_xml import midi_of
from pianomime.score.quiet import pretty_midi
from pianomime.score.score import Score
from pianomime.score.song import Song

MAX_BYTES: Final = 10 << 20
"""Maximum size of a file (10 MiB); 12 hours of notes and pedal take about half of it."""


def read_song(path: Path) -> Song:
    """Read all parts of a MIDI file, or of a MusicXML file where music21 is installed.

    Raises:
        ScoreError: The file is missing, too large, or of another kind; or it is MusicXML and
            cannot be read.
    """
    try:
        data = _contents(path)
        if is_music_xml(data):
            data = midi_of(data)
        elif kind := other_kind(data):
            raise ScoreError(kind)
        return midi_song(printable(path.stem), data)
    except OSError as error:
        raise ScoreError(f"{printable(path)}: {error.strerror}") from error
    except ScoreError as error:
        raise ScoreError(f"{printable(path)}: {error}") from error


def printable(path: Path | str) -> str:
    """Return a path as text; bytes that are not UTF-8 become replacement characters."""
    return os.fsencode(path).decode(errors="replace")


def _contents(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise ScoreError("not a file")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ScoreError(f"{size:,} bytes; at most {MAX_BYTES:,} can be read")
    return path.read_bytes()


def load_arrangement(path: Path, config: ArrangementConfig) -> Arrangement:
    """Read a song and arrange it for two hands.

    Raises:
        ScoreError: The file cannot be read, see `read_song`; or not be arranged, see `arrange`.
    """
    return arrange(read_song(path), config)


def load_score(path: Path) -> Score:
    """Read a song and arrange it for two hands, see `load_arrangement`."""
    return load_arrangement(path, ArrangementConfig()).score


def save_midi(score: Score, path: Path) -> None:
    """Write a score as a MIDI file with one piano track.

    Raises:
        OutputError: The file cannot be written.
    """
    midi = pretty_midi.PrettyMIDI(resolution=960)
    piano = pretty_midi.Instrument(program=0, name="piano")
    piano.notes = [
        pretty_midi.Note(n.velocity, n.key + LOWEST_PITCH, n.onset_s, n.offset_s)
        for n in score.notes
    ]
    piano.control_changes = [
        pretty_midi.ControlChange(SUSTAIN_CONTROLLER, 127 * event.down, event.time_s)
        for event in score.pedal
    ]
    midi.instruments.append(piano)
    try:
        midi.write(str(path))
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}") from error
