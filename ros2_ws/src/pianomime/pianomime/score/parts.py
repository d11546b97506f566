"""Choice of the parts that two hands play."""

import re
from collections.abc import Sequence
from typing import Final

from pianomime.errors import ScoreError
from pianomime.score.quiet import pretty_midi
from pianomime.score.song import Part, Song

_PIANOS: Final = range(8)
"""Programs of pianos, harpsichord and clavinet (General MIDI)."""

_UNPITCHED: Final = range(112, 128)
"""Programs of percussion and sound effects (General MIDI)."""

_PIANO_NAME: Final = re.compile(r"\b(piano|pno|klavier|grand)\b", re.IGNORECASE)


def chosen_parts(song: Song, numbers: Sequence[int]) -> list[Part]:
    """Return the parts to play: those given by number; else those of pianos; else all pitched.

    Raises:
        ScoreError: There is no such part or it has no pitch, or no part has.
    """
    pitched = [part for part in song.parts if _is_pitched(part)]
    if song.parts and not pitched:
        raise ScoreError(f"{song.title}: no part has pitches; {_listed(song)}")
    for number in numbers:
        if number > len(song.parts):
            raise ScoreError(f"{song.title}: no part {number}; {_listed(song)}")
        if song.parts[number - 1].is_drums:
            raise ScoreError(f"{song.title}: part {number} is drums; {_listed(song)}")
    if numbers:
        return [song.parts[number - 1] for number in sorted(set(numbers))]
    return [part for part in pitched if _is_piano(part)] or pitched


def describe_parts(song: Song, chosen: Sequence[Part]) -> str:
    """Return one line that names the parts that are played, and the others."""
    played = ", ".join(_label(song, part) for part in chosen)
    others = ", ".join(_label(song, part) for part in song.parts if part not in chosen)
    return f"plays {played}" + (f"; leaves out {others}" if others else "")


def _is_pitched(part: Part) -> bool:
    return not part.is_drums and part.program not in _UNPITCHED


def _is_piano(part: Part) -> bool:
    return part.program in _PIANOS or bool(_PIANO_NAME.search(part.name))


def _listed(song: Song) -> str:
    return "there are: " + ", ".join(_label(song, part) for part in song.parts)


def _label(song: Song, part: Part) -> str:
    """Return number, name, instrument and size of a part."""
    instrument = "drums" if part.is_drums else pretty_midi.program_to_instrument_name(part.program)
    name = f" {part.name}" if part.name else ""
    number = song.parts.index(part) + 1
    return f"{number}{name} ({instrument}, {len(part.notes)} notes)"
