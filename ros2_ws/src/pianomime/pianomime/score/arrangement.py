"""A song arranged for two hands."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pianomime.piano.geometry import N_KEYS
from pianomime.score.arrangement_config import ArrangementConfig, part_numbers
from pianomime.score.changes import Change, ChangeKind, changes_line
from pianomime.score.faults import faults_line
from pianomime.score.parts import chosen_parts, describe_parts
from pianomime.score.score import Note, Score
from pianomime.score.song import Part, Song, common_pedal
from pianomime.score.unisons import fast_repeats, merge_unisons

_OCTAVE: Final = 12


@dataclass(frozen=True)
class Arrangement:
    """A score, and how it differs from the song.

    Attributes:
        score: What is to be played.
        changes: Notes that are changed or left out, or may be missed, by onset.
        remarks: Lines for the user: the parts that are played, faults of the file, changes.
    """

    score: Score
    changes: tuple[Change, ...]
    remarks: tuple[str, ...]


def arrange(song: Song, config: ArrangementConfig) -> Arrangement:
    """Arrange a song for two hands; which notes the fingers reach is decided by the fingering.

    Drums are left out, notes up to an octave off the keyboard are folded onto it, and notes of one
    key that cannot be struck apart are merged. The silence before the first note is removed.

    Raises:
        ScoreError: No such parts, no notes, too many, or they leave the keyboard by transposition.
    """
    parts = chosen_parts(song, part_numbers(config.tracks))
    written = sorted(
        (note for part in parts for note in part.notes),
        key=lambda note: (note.onset_s, note.key, -note.offset_s),
    )
    folded, changes = _onto_keyboard(written)
    struck, merged = merge_unisons(folded)
    changes += [Change(note.onset_s, note.key, ChangeKind.MERGED) for note in merged]
    whole = Score.from_notes(song.title, struck, common_pedal(parts))
    score, begin_s = excerpt(whole, config)
    from_s, to_s = _bounds(whole, config)
    inside = [
        replace(change, onset_s=(change.onset_s - begin_s) * config.stretch)
        for change in changes
        if from_s <= change.onset_s < to_s
    ]
    stretched = score.stretched(config.stretch)
    repeats = fast_repeats(stretched.notes)
    inside += [Change(note.onset_s, note.key, ChangeKind.FAST_REPEAT) for note in repeats]
    inside.sort(key=lambda change: (change.onset_s, change.key))
    return Arrangement(
        stretched.transposed(config.transpose), tuple(inside), tuple(_remarks(song, parts, inside))
    )


def _onto_keyboard(notes: Iterable[Note]) -> tuple[list[Note], list[Change]]:
    """Return the notes that are on the keyboard or within an octave of it, and what was changed."""
    kept: list[Note] = []
    changes: list[Change] = []
    for note in notes:
        key = note.key + _OCTAVE * (note.key < 0) - _OCTAVE * (note.key >= N_KEYS)
        if not 0 <= key < N_KEYS:
            changes.append(Change(note.onset_s, note.key, ChangeKind.OFF_KEYBOARD))
            continue
        if key != note.key:
            changes.append(Change(note.onset_s, note.key, ChangeKind.FOLDED))
        kept.append(note if key == note.key else replace(note, key=key))
    return kept, changes


def excerpt(whole: Score, config: ArrangementConfig) -> tuple[Score, float]:
    """Return the excerpt without leading silence, and the time at which it begins [s].

    Raises:
        ScoreError: No note begins in it.
    """
    from_s, to_s = _bounds(whole, config)
    score = whole.until(to_s) if math.isfinite(to_s) else whole
    score = score.since(from_s) if math.isfinite(from_s) else score
    return score.trimmed(), score.notes[0].onset_s


def _bounds(whole: Score, config: ArrangementConfig) -> tuple[float, float]:
    """Return begin and end of the excerpt [s]; infinite where it is not cut."""
    first_s = whole.notes[0].onset_s
    return (
        first_s + config.from_s if config.from_s else -math.inf,
        first_s + config.to_s if config.to_s else math.inf,
    )


def _remarks(song: Song, parts: Sequence[Part], changes: Sequence[Change]) -> Iterator[str]:
    if len(song.parts) > len(parts):
        yield describe_parts(song, parts)
    if faults := faults_line(song.faults):
        yield f"faults in the file: {faults}"
    if changed := changes_line(changes):
        yield f"notes: {changed}"
