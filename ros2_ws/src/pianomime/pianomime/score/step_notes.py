"""Notes on the grid of decisions: the one type of a note in play."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import UNASSIGNED
from pianomime.piano.geometry import N_KEYS
from pianomime.score.score import Note
from pianomime.timing import Timing


@dataclass(frozen=True, slots=True)
class StepNote:
    """A note whose key is to be down at the ends of decisions `first` .. `last`.

    Attributes:
        first: Decision of the score; may be negative or past.
        last: Not before `first`.
        key: 0 (A0) .. 87 (C8).
        velocity: MIDI velocity, 1 .. 127.
        finger: Index of the finger, or `UNASSIGNED`.
        index: Of the note in its score.
    """

    first: int
    last: int
    key: int
    velocity: int = 64
    finger: int = UNASSIGNED
    index: int = 0

    def shifted(self, steps: int) -> "StepNote":
        """Return the note so many decisions later."""
        first, last = self.first + steps, self.last + steps
        return StepNote(first, last, self.key, self.velocity, self.finger, self.index)

    def with_finger(self, finger: int) -> "StepNote":
        """Return the note with a finger."""
        return StepNote(self.first, self.last, self.key, self.velocity, finger, self.index)


def to_steps(notes: Sequence[Note], timing: Timing, first_index: int = 0) -> list[StepNote]:
    """Put notes on the grid of decisions, in their order.

    A key that is struck again is up for one step before, where there is one: RoboPianist drops the
    second note's first step instead, which makes every repetition late.

    Args:
        notes: By onset.
        timing: Of the decisions.
        first_index: Index of the first of the notes in its score.
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
        index = first_index + place
        steps.append(StepNote(first, end - 1, note.key, note.velocity, note.finger, index))
    return steps[::-1]


def in_window(notes: Iterable[StepNote], first: int, steps: int) -> list[StepNote]:
    """Return the notes of decisions `first` .. `first + steps - 1`, by onset then key.

    Those that last longer end with the window: nothing beyond it is seen.
    """
    end = first + steps - 1
    seen = [
        note if note.last <= end else replace(note, last=end)
        for note in notes
        if note.first <= end and note.last >= first
    ]
    return sorted(seen, key=lambda note: (note.first, note.key))


def key_matrix(notes: Iterable[StepNote], first: int, steps: int) -> NDArray[np.bool_]:
    """Return the paper's goal (section 3.1): keys wanted at the end of each decision, (steps, 88).

    Args:
        notes: Notes in play.
        first: Decision of row 0.
        steps: Rows.
    """
    keys = np.zeros((steps, N_KEYS), bool)
    for note in notes:
        keys[max(note.first - first, 0) : max(note.last + 1 - first, 0), note.key] = True
    return keys


def by_onset(notes: Iterable[StepNote]) -> list[list[StepNote]]:
    """Return the notes that begin together, group by group in time, rising in pitch."""
    ordered = sorted(notes, key=lambda note: (note.first, note.key))
    return [list(group) for _, group in groupby(ordered, key=lambda note: note.first)]


def one_key_a_finger(notes: Iterable[StepNote]) -> list[StepNote]:
    """Return the notes that have a finger, by onset, each ending before its finger's next."""
    next_first: dict[int, int] = {}
    played: list[StepNote] = []
    for note in sorted(notes, key=lambda note: -note.first):
        if note.finger == UNASSIGNED:
            continue
        last = max(note.first, next_first.get(note.finger, note.last + 1) - 1)
        next_first[note.finger] = note.first
        played.append(note if note.last <= last else replace(note, last=last))
    return played[::-1]
