"""Reader of MusicXML: conversion to MIDI by music21, an optional package."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pianomime.errors import MissingPackageError, ScoreError


def midi_of(data: bytes) -> bytes:
    """Convert MusicXML, plain or compressed (.mxl), to a MIDI file with its repeats played out.

    Raises:
        ScoreError: music21 is not installed, or cannot read it.
    """
    try:
        from music21 import converter
    except ImportError:
        missing = MissingPackageError("music21", "score")
        raise ScoreError(f"a MusicXML score, to be read by music21. {missing}") from None
    suffix = ".mxl" if data[:2] == b"PK" else ".musicxml"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"score{suffix}")
        path.write_bytes(data)
        try:
            with _one_division():
                parsed = converter.parse(path, forceSource=True)
            return _to_midi(parsed)
        except Exception as error:  # music21 raises whatever a faulty element leads to
            line = " ".join(str(error).split())
            raise ScoreError(f"a MusicXML score that music21 cannot read ({line})") from error


def _to_midi(parsed: Any) -> bytes:
    from music21 import midi, repeat

    try:
        parsed = parsed.expandRepeats()
    except repeat.ExpanderException:  # they do not match: play everything once
        for measure in parsed.recurse().getElementsByClass("Measure"):
            measure.removeByClass(["RepeatMark", "RepeatExpression", "TextExpression"])
            measure.leftBarline = measure.rightBarline = None
    return bytes(midi.translate.streamToMidiFile(parsed).writestr())


@contextlib.contextmanager
def _one_division() -> Iterator[None]:
    """Let a quarter note have one division in a score that does not say how many."""
    from music21 import defaults

    usual = defaults.divisionsPerQuarter
    defaults.divisionsPerQuarter = 1
    try:
        yield
    finally:
        defaults.divisionsPerQuarter = usual
