"""From a score to what is wanted of the keys at each control step."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pianomime.piano.geometry import N_KEYS
from pianomime.score.score import Score


@dataclass(frozen=True)
class StepNote:
    """A note on the grid: its key is wanted down at the ends of control steps first..last."""

    first: int
    last: int
    index: int
    """Index of the note in the score."""


@dataclass(frozen=True)
class KeyGoals:
    """What is wanted at the end of each control step.

    Attributes:
        keys: (steps, 88), True where a key is wanted down.
        sustain: (steps,), True where the pedal is wanted down.
        notes: The notes on the grid, in score order.
    """

    keys: NDArray[np.bool_]
    sustain: NDArray[np.bool_]
    notes: tuple[StepNote, ...]

    def window(self, step: int, rows: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return keys (rows, 88) and sustain (rows,) from `step` on, False outside the score."""
        keys = np.zeros((rows, N_KEYS), bool)
        sustain = np.zeros(rows, bool)
        low, high = max(step, 0), min(step + rows, len(self.keys))
        if low < high:
            keys[low - step : high - step] = self.keys[low:high]
            sustain[low - step : high - step] = self.sustain[low:high]
        return keys, sustain


def key_goals(score: Score, dt_s: float) -> KeyGoals:
    """Put a score on the grid of control steps of `dt_s` [s].

    A key that is struck again is up for one step before it, where there is one: RoboPianist drops
    the second note's first step instead, which makes every repetition late.
    """
    onsets = [round(note.onset_s / dt_s) for note in score.notes]
    next_onset: dict[int, int] = {}
    steps: list[StepNote] = []
    for index in reversed(range(len(score.notes))):
        note, first = score.notes[index], onsets[index]
        end = max(round(note.offset_s / dt_s), first + 1)
        if note.key in next_onset:
            end = max(first + 1, min(end, next_onset[note.key] - 1))
        next_onset[note.key] = first
        steps.append(StepNote(first, end - 1, index))
    steps.reverse()
    keys = np.zeros((max(step.last for step in steps) + 1, N_KEYS), bool)
    for step in steps:
        keys[step.first : step.last + 1, score.notes[step.index].key] = True
    sustain = np.zeros(len(keys), bool)
    for event in score.pedal:
        sustain[round(event.time_s / dt_s) :] = event.down
    return KeyGoals(keys, sustain, tuple(steps))
