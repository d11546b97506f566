"""The goal of one decision: notes and pedal in sight, with their exact times."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pianomime.score.goals import ScoreGoals, pedal_matrix
from pianomime.score.score import Note, PedalEvent, Score
from pianomime.score.step_notes import StepNote, in_window, key_matrix, to_steps
from pianomime.timing import Timing


@dataclass(frozen=True)
class Goal:
    """What a controller is to play.

    Attributes:
        timing: Of the decision and the command asked for.
        step: Decision of the score that begins; negative in the lead-in.
        horizon: Decisions in sight, this one included.
        notes: Notes that sound or begin in sight, by onset then key; times are those of the score.
        index: Of each note in the score.
        pedal: The last change before, if any, and those in sight.
    """

    timing: Timing
    step: int
    horizon: int
    notes: tuple[Note, ...]
    index: tuple[int, ...]
    pedal: tuple[PedalEvent, ...] = ()

    @classmethod
    def of(cls, score: Score, goals: ScoreGoals, step: int, horizon: int) -> "Goal":
        """Return the goal of a decision of a score."""
        index = goals.in_sight(step, horizon)
        pedal = _in_sight(score.pedal, goals, step, horizon)
        notes = tuple(score.notes[i] for i in index)
        return cls(goals.timing, step, horizon, notes, tuple(index), pedal)

    @cached_property
    def step_notes(self) -> list[StepNote]:
        """The notes on the grid of decisions; those that last longer end with the horizon."""
        notes = [
            replace(note, index=index)
            for note, index in zip(to_steps(self.notes, self.timing), self.index, strict=True)
        ]
        return in_window(notes, self.step, self.horizon)

    @property
    def sustain(self) -> NDArray[np.bool_]:
        """Whether the pedal is to be down at the decision's points, (points,)."""
        return np.asarray(pedal_matrix(self.pedal, self.timing, self.step, 1)[0])

    @property
    def keys(self) -> NDArray[np.bool_]:
        """Keys wanted at the decision's end, (88,)."""
        return np.asarray(key_matrix(self.step_notes, self.step, 1)[0])


def _in_sight(
    pedal: Sequence[PedalEvent], goals: ScoreGoals, step: int, horizon: int
) -> tuple[PedalEvent, ...]:
    if step >= goals.steps:
        return ()
    begin_s, end_s = goals.timing.time_s(step), goals.timing.time_s(step + horizon)
    begin, end = (bisect_right(pedal, time_s, key=_time_s) for time_s in (begin_s, end_s))
    return tuple(pedal[max(begin - 1, 0) : end])


def _time_s(event: PedalEvent) -> float:
    return event.time_s
