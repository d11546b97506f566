"""The goal of one decision: notes and pedal changes within the horizon, at their exact times."""

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
    """Goal of a controller for one decision.

    Attributes:
        timing: Timing of the decision and of the command to compute.
        step: Index of the decision, counted from the start of the score; negative in the lead-in.
        horizon: Length of the lookahead in decisions, this one included.
        notes: Notes that sound or begin within the horizon, by onset then key; score time.
        index: Index of each note in the score.
        pedal: The last pedal change before the decision, if any, and those within the horizon.
    """

    timing: Timing
    step: int
    horizon: int
    notes: tuple[Note, ...]
    index: tuple[int, ...]
    pedal: tuple[PedalEvent, ...] = ()

    @classmethod
    def of(cls, score: Score, goals: ScoreGoals, step: int, horizon: int) -> "Goal":
        """Build the goal of decision `step` of a score."""
        index = goals.in_sight(step, horizon)
        pedal = _in_sight(score.pedal, goals, step, horizon)
        notes = tuple(score.notes[i] for i in index)
        return cls(goals.timing, step, horizon, notes, tuple(index), pedal)

    @cached_property
    def step_notes(self) -> list[StepNote]:
        """The notes on the decision grid, truncated at the end of the horizon."""
        notes = [
            replace(note, index=index)
            for note, index in zip(to_steps(self.notes, self.timing), self.index, strict=True)
        ]
        return in_window(notes, self.step, self.horizon)

    @property
    def sustain(self) -> NDArray[np.bool_]:
        """Pedal goal at each point of the command, (points,): True where it should be down."""
        return np.asarray(pedal_matrix(self.pedal, self.timing, self.step, 1)[0])

    @property
    def keys(self) -> NDArray[np.bool_]:
        """Goal keys at the end of the decision, (88,)."""
        return np.asarray(key_matrix(self.step_notes, self.step, 1)[0])


def _in_sight(
    pedal: Sequence[PedalEvent], goals: ScoreGoals, step: int, horizon: int
) -> tuple[PedalEvent, ...]:
    if step >= goals.steps:
        return ()
    timing = goals.timing
    begin_s = timing.time_s(step)
    end_s = timing.time_s(step + horizon) + timing.command_s / 2  # nearest to the last point
    begin, end = (bisect_right(pedal, time_s, key=_time_s) for time_s in (begin_s, end_s))
    return tuple(pedal[max(begin - 1, 0) : end])


def _time_s(event: PedalEvent) -> float:
    return event.time_s
