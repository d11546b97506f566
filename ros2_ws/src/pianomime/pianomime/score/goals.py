"""Key and pedal goals of a score for every decision."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pianomime.piano.geometry import N_KEYS
from pianomime.score.score import PedalEvent, Score
from pianomime.score.step_notes import StepNote, in_window, key_matrix, to_steps
from pianomime.timing import Timing


@dataclass(frozen=True)
class ScoreGoals:
    """Notes and pedal of a score on the decision grid.

    Attributes:
        timing: Timing of the decisions.
        notes: Notes in score order.
        pedal: Pedal changes, by time.
    """

    timing: Timing
    notes: tuple[StepNote, ...]
    pedal: tuple[PedalEvent, ...] = ()

    @classmethod
    def of(cls, score: Score, timing: Timing) -> "ScoreGoals":
        """Quantise a score to the decision grid."""
        return cls(timing, tuple(to_steps(score.notes, timing)), score.pedal)

    @cached_property
    def steps(self) -> int:
        """Number of decisions from the start of the score to the end of its last note."""
        return max(note.last for note in self.notes) + 1

    @cached_property
    def keys(self) -> NDArray[np.bool_]:
        """Goal keys at the end of each decision, (steps, 88)."""
        return key_matrix(self.notes, 0, self.steps)

    @cached_property
    def sustain(self) -> NDArray[np.bool_]:
        """Pedal goal at each point of each decision, (steps, points)."""
        return pedal_matrix(self.pedal, self.timing, 0, self.steps)

    def notes_in(self, first: int, steps: int) -> list[StepNote]:
        """Return the notes of decisions `first` .. `first + steps - 1`, see `in_window`."""
        return in_window(self._near(first, steps), first, steps)

    def in_sight(self, first: int, steps: int) -> list[int]:
        """Return the score indices of the notes that `notes_in` depends on.

        Includes notes that begin right after the window: a repeated key must be released first.
        """
        return sorted(n.index for n in self._near(first, steps + 1) if n.last >= first)

    def keys_in(self, first: int, steps: int) -> NDArray[np.bool_]:
        """Return the goal keys from decision `first` on, (steps, 88); False outside the score."""
        keys = np.zeros((steps, N_KEYS), bool)
        begin, end = max(first, 0), min(first + steps, self.steps)
        if begin < end:
            keys[begin - first : end - first] = self.keys[begin:end]
        return keys

    def sustain_at(self, step: int) -> NDArray[np.bool_]:
        """Return the pedal goal at each point of a decision, (points,); up outside the score."""
        if 0 <= step < self.steps:
            return np.asarray(self.sustain[step])
        return np.zeros(self.timing.points, bool)

    def _near(self, first: int, steps: int) -> list[StepNote]:
        """Return a superset of the notes in the window, found by binary search on their onsets."""
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
    """Return the pedal goal at each point from decision `first` on; True is down.

    It is up before the score.

    Args:
        pedal: Pedal changes by time; each takes effect at the nearest point.
        timing: Timing of the decisions.
        first: Decision of row 0.
        steps: Number of rows.

    Returns:
        (steps, points).
    """
    begin = first * timing.points + int(timing.times_s[0] > 0)
    sustain = np.zeros(steps * timing.points, bool)
    for event in pedal:
        sustain[max(round(event.time_s / timing.command_s) - begin, 0) :] = event.down
    sustain[: max(-first, 0) * timing.points] = False
    return sustain.reshape(steps, timing.points)
