"""A score as goals: what is asked of keys and pedal in each decision."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pianomime.score.score import PedalEvent, Score
from pianomime.score.step_notes import StepNote, in_window, key_matrix, to_steps
from pianomime.timing import Timing


@dataclass(frozen=True)
class ScoreGoals:
    """Notes and pedal of a score on the grid of decisions.

    Attributes:
        timing: Of the decisions.
        notes: In score order.
        pedal: Changes of the pedal, by time.
    """

    timing: Timing
    notes: tuple[StepNote, ...]
    pedal: tuple[PedalEvent, ...] = ()

    @classmethod
    def of(cls, score: Score, timing: Timing) -> "ScoreGoals":
        """Put a score on the grid."""
        return cls(timing, tuple(to_steps(score.notes, timing)), score.pedal)

    @cached_property
    def steps(self) -> int:
        """Decisions from the start of the score to the end of its last note."""
        return max(note.last for note in self.notes) + 1

    @cached_property
    def keys(self) -> NDArray[np.bool_]:
        """Keys wanted at the end of each decision, (steps, 88)."""
        return key_matrix(self.notes, 0, self.steps)

    @cached_property
    def sustain(self) -> NDArray[np.bool_]:
        """Whether the pedal is to be down at each point of each decision, (steps, points)."""
        points = self.timing.points
        from_start = int(self.timing.times_s[0] > 0)  # points at the ends of their intervals
        fine = pedal_matrix(self.pedal, self.timing.command_s, self.steps * points + from_start)
        return fine[from_start:].reshape(self.steps, points)

    def notes_in(self, first: int, steps: int) -> list[StepNote]:
        """Return the notes of decisions `first` .. `first + steps - 1`, see `in_window`."""
        begin = bisect_left(self._first, first - self._longest)
        end = bisect_left(self._first, first + steps)
        return in_window((self.notes[i] for i in self._order[begin:end]), first, steps)

    def keys_in(self, first: int, steps: int) -> NDArray[np.bool_]:
        """Return the keys wanted in decisions `first` .., (steps, 88); False outside the score."""
        return key_matrix(self.notes_in(first, steps), first, steps)

    def sustain_at(self, step: int) -> NDArray[np.bool_]:
        """Return whether the pedal is to be down at a decision's points; up outside the score."""
        if 0 <= step < self.steps:
            return self.sustain[step]
        return np.zeros(self.timing.points, bool)

    @cached_property
    def _order(self) -> list[int]:
        return sorted(range(len(self.notes)), key=lambda i: self.notes[i].first)

    @cached_property
    def _first(self) -> list[int]:
        return [self.notes[i].first for i in self._order]

    @cached_property
    def _longest(self) -> int:
        return max(note.last - note.first for note in self.notes)


def pedal_matrix(pedal: Sequence[PedalEvent], step_s: float, steps: int) -> NDArray[np.bool_]:
    """Return whether the pedal is down at instants `step_s` [s] apart, (steps,)."""
    sustain = np.zeros(steps, bool)
    for event in pedal:
        sustain[round(event.time_s / step_s) :] = event.down
    return sustain
