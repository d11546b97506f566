"""Notes on the decision grid."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import UNASSIGNED
from pianomime.piano.geometry import N_KEYS
from pianomime.score.score import Note
from pianomime.timing import Timing

NoteName = tuple[int, int]
"""Key and first decision, which name a note for as long as it is in sight."""


@dataclass(frozen=True, slots=True)
class StepNote:
    """A note whose key should be down at the ends of decisions `first` .. `last`.

    Attributes:
        first: First decision, counted from the start of the score; may be negative.
        last: Last decision, at least `first`.
        key: 0 (A0) .. 87 (C8).
        velocity: MIDI velocity, 1 .. 127.
        finger: Index of the finger, or `UNASSIGNED`.
        index: Index of the note in its score.
    """

    first: int
    last: int
    key: int
    velocity: int = 64
    finger: int = UNASSIGNED
    index: int = 0

    @property
    def name(self) -> NoteName:
        """Key and first decision."""
        return self.key, self.first

    def shifted(self, steps: int) -> "StepNote":
        """Return the note shifted by `steps` decisions."""
        first, last = self.first + steps, self.last + steps
        return StepNote(first, last, self.key, self.velocity, self.finger, self.index)

    def with_finger(self, finger: int) -> "StepNote":
        """Return the note with another finger."""
        return StepNote(self.first, self.last, self.key, self.velocity, finger, self.index)


def to_steps(notes: Sequence[Note], timing: Timing) -> list[StepNote]:
    """Quantise notes to the decision grid, in their order.

    A repeated key is released for one step before its second onset, where there is one. RoboPianist
    drops the first step of the second note instead, which makes every repetition late.

    Args:
        notes: By onset; they are numbered from 0 on.
        timing: Of the decisions.
    """
    next_onset: dict[int, int] = {}
    steps: list[StepNote] = []
    for place in reversed(range(len(notes))):
        note = notes[place]
        first = timing.steps(note.onset_s)
        end = max(timing.steps(note.offset_s), first + 1)
        if note.key in next_onset:
            end = max(first + 1, min(end, next_onset[note.key] - 1))
        next_onset[note.key] = first
        steps.append(StepNote(first, end - 1, note.key, note.velocity, note.finger, place))
    return steps[::-1]


def in_window(notes: Iterable[StepNote], first: int, steps: int) -> list[StepNote]:
    """Return the notes in decisions `first` .. `first + steps - 1`, by onset then key.

    Notes are truncated at the end of the window.
    """
    end = first + steps - 1
    seen = [
        note if note.last <= end else replace(note, last=end)
        for note in notes
        if note.first <= end and note.last >= first
    ]
    return sorted(seen, key=lambda note: (note.first, note.key))


def key_matrix(notes: Iterable[StepNote], first: int, steps: int) -> NDArray[np.bool_]:
    """Return the goal keys at the end of each decision, (steps, 88) (paper, section 3.1).

    Args:
        notes: Notes on the decision grid.
        first: Decision of row 0.
        steps: Number of rows.
    """
    keys = np.zeros((steps, N_KEYS), bool)
    for note in notes:
        keys[max(note.first - first, 0) : max(note.last + 1 - first, 0), note.key] = True
    return keys


def by_onset(notes: Iterable[StepNote]) -> list[list[StepNote]]:
    """Group notes by onset; groups in time order, notes of a group by rising pitch."""
    ordered = sorted(notes, key=lambda note: (note.first, note.key))
    return [list(group) for _, group in groupby(ordered, key=lambda note: note.first)]


def one_key_a_finger(notes: Iterable[StepNote]) -> list[StepNote]:
    """Return the fingered notes by onset, each ending before the next note of its finger."""
    next_first: dict[int, int] = {}
    played: list[StepNote] = []
    for note in sorted(notes, key=lambda note: -note.first):
        if note.finger == UNASSIGNED:
            continue
        last = max(note.first, next_first.get(note.finger, note.last + 1) - 1)
        next_first[note.finger] = note.first
        played.append(note if note.last <= last else replace(note, last=last))
    return played[::-1]
