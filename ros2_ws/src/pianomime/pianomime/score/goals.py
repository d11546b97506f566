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
        return pedal_matrix(self.pedal, self.timing, 0, self.steps)

    def notes_in(self, first: int, steps: int) -> list[StepNote]:
        """Return the notes of decisions `first` .. `first + steps - 1`, see `in_window`."""
        return in_window(self._near(first, steps), first, steps)

    def in_sight(self, first: int, steps: int) -> list[int]:
        """Return the indices in the score of what `notes_in` depends on.

        A key that is struck again just beyond the window has to be up before.
        """
        return sorted(n.index for n in self._near(first, steps + 1) if n.last >= first)

    def keys_in(self, first: int, steps: int) -> NDArray[np.bool_]:
        """Return the keys wanted in decisions `first` .., (steps, 88); False outside the score."""
        return key_matrix(self.notes_in(first, steps), first, steps)

    def sustain_at(self, step: int) -> NDArray[np.bool_]:
        """Return whether the pedal is to be down at a decision's points; up outside the score."""
        if 0 <= step < self.steps:
            return np.asarray(self.sustain[step])
        return np.zeros(self.timing.points, bool)

    def _near(self, first: int, steps: int) -> list[StepNote]:
        """Return all notes that begin before the window ends, without most that end before it."""
        begin = bisect_left(self._first, first - self._longest)
        end = bisect_left(self._first, first + steps)
        return [self.notes[i] for i in self._order[begin:end]]

    @cached_property
    def _order(self) -> list[int]:
        return sorted(range(len(self.notes)), key=lambda i: self.notes[i].first)

    @cached_property
    def _first(self) -> list[int]:
        return [self.notes[i].first for i in self._order]

    @cached_property
    def _longest(self) -> int:
        return max(note.last - note.first for note in self.notes)


def pedal_matrix(
    pedal: Sequence[PedalEvent], timing: Timing, first: int, steps: int
) -> NDArray[np.bool_]:
    """Return whether the pedal is to be down at each point of decisions `first` ...

    Args:
        pedal: Its changes, by time; each counts from the point that is nearest to it on.
        timing: Of the decisions.
        first: Decision of row 0.
        steps: Rows.

    Returns:
        (steps, points).
    """
    begin = first * timing.points + int(timing.times_s[0] > 0)
    sustain = np.zeros(steps * timing.points, bool)
    for event in pedal:
        sustain[max(round(event.time_s / timing.command_s) - begin, 0) :] = event.down
    return sustain.reshape(steps, timing.points)
