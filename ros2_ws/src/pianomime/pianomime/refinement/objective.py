"""Objective of practice: what a listener hears of a take, beside the keys at decision ends."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pianomime.config import Config, parameter
from pianomime.metrics.key_press import f1_per_step
from pianomime.metrics.matching import TOLERANCE_S, f1_of
from pianomime.metrics.notes import VELOCITY_TOLERANCE, WINDOW_S
from pianomime.refinement.onset import Onset, between, matched
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Score
from pianomime.timing import PHYSICS_S

_MISS: Final = 0.5
"""Loss of a note that is missing or of a strike too many [notes], as in note F1."""

_NEAR_S: Final = 0.1
"""Distance up to which a strike of no note belongs to a note without strike [s]. So a key that is
pressed too late is no worse than one that is not pressed: first the key, then the time."""

_UNHEARD_S: Final = 0.01
"""Distance of a strike from its time that costs nothing [s]."""

_WRONG_VELOCITY: Final = 48
"""Velocity error from which on the loss is full."""


@dataclass(frozen=True, kw_only=True)
class ObjectiveConfig(Config):
    """Weights of the objective. The F1 of a decision, averaged over the song, has weight 1."""

    note_weight: float = parameter(
        1.0, "Weight of notes missing, strikes too many and strikes not in time", ge=0.0
    )
    velocity_weight: float = parameter(
        0.25, "Loss of a wrong velocity, as a share of that of a missing note", ge=0.0, le=1.0
    )


@dataclass(frozen=True)
class Quality:
    """Quality of a performance.

    Attributes:
        value: Mean value of a decision, see `PracticeObjective`; 1 is perfect.
        f1: Mean F1 of the score's decisions.
        note_f1: Note F1, see `NoteMetrics`.
        lateness_s: Constant lateness of the strikes [s]; 0 if there are none.
    """

    value: float
    f1: float
    note_f1: float
    lateness_s: float


class Fault(NamedTuple):
    """Something that is lost.

    Attributes:
        row: Row at whose end a key is wrong, from which on the key of a note should be down, or of
            a strike too many.
        key: Key, 0 .. 87.
        loss: Loss of value.
        late_s: Time of the strike after the note's, lateness taken out [s]; 0 if it is in time, or
            either is missing.
    """

    row: int
    key: int
    loss: float
    late_s: float = 0.0


class PracticeObjective:
    """Value of a stretch of a take; decisions (rows) count from the start of the lead-in.

    The value is the sum of the F1 of the decisions, less the losses of the notes. A missing note
    and a strike too many cost half a note each. A strike that is off its time costs up to as much,
    at 50 ms, with the square of the time; on music with dynamics a wrong velocity costs a share. A
    note costs as much as it counts in the song's mean, so that the value of all rows, divided by
    their number, is the mean F1 less `note_weight` times the mean loss of a note.

    Attributes:
        lateness_s: Constant lateness of the performance, which costs nothing [s].
    """

    def __init__(
        self, score: Score, goals: ScoreGoals, lead_in_s: float, config: ObjectiveConfig
    ) -> None:
        """Index the notes of a score."""
        self._goals, self._timing = goals, goals.timing
        self._lead = goals.timing.steps(lead_in_s)
        self._rows = self._lead + goals.steps
        written = (Onset(n.onset_s + lead_in_s, n.key, n.velocity) for n in score.notes)
        self._written = sorted(written)
        self._note = config.note_weight * self._rows / len(self._written)
        dynamics = len({note.velocity for note in self._written}) > 1
        self._velocity = config.velocity_weight * dynamics
        self.lateness_s = 0.0

    def quality(self, active: NDArray[np.bool_], struck: Sequence[Onset]) -> Quality:
        """Judge a whole performance by its own lateness, which the objective assumes from now on.

        Args:
            active: (rows, 88) keys pressed at the ends of all decisions.
            struck: All strikes, by time.
        """
        near = matched(self._written, struck, WINDOW_S)
        late_s = [strike.time_s - note.time_s for note, strike in near]
        self.lateness_s = float(np.median(late_s)) if late_s else 0.0
        hits = matched([note.later(self.lateness_s) for note in self._written], struck)
        return Quality(
            value=self.value(0, active, struck) / self._rows,
            f1=float(f1_per_step(self._goals.keys, active[self._lead :]).mean()),
            note_f1=f1_of(len(hits), len(self._written), len(struck)),
            lateness_s=self.lateness_s,
        )

    def value(self, begin: int, active: NDArray[np.bool_], struck: Sequence[Onset]) -> float:
        """Return the value of the rows from `begin` on.

        Notes and strikes count for the rows 0.1 s after them, by when they are decided.

        Args:
            begin: First row.
            active: (rows, 88) keys pressed at the ends of the decisions.
            struck: All strikes until the last of these rows, by time; at least from 0.2 s before
                the first one on.
        """
        goal_keys = self._goals.keys_in(begin - self._lead, len(active))
        lost = sum(fault.loss for fault in self._of_notes(begin, begin + len(active), struck))
        return float(f1_per_step(goal_keys, active).sum()) - lost

    def faults(self, begin: int, active: NDArray[np.bool_], struck: Sequence[Onset]) -> list[Fault]:
        """Return what is lost in the rows from `begin` on; arguments are those of `value`."""
        goal_keys = self._goals.keys_in(begin - self._lead, len(active))
        wrong = goal_keys != active
        loss = (1 - f1_per_step(goal_keys, active)) / np.maximum(wrong.sum(axis=1), 1)
        faults = [
            Fault(begin + int(row), int(key), float(loss[row])) for row, key in np.argwhere(wrong)
        ]
        end = begin + len(active)
        found = self._of_notes(begin, end, struck)
        return faults + [fault for fault in found if fault.loss and begin <= fault.row < end]

    def _of_notes(self, begin: int, end: int, struck: Sequence[Onset]) -> Iterator[Fault]:
        """Yield a fault, of loss 0 if perfect, for each note and each strike of none."""
        begin_s = self._timing.time_s(begin) + PHYSICS_S / 2 if begin else -inf
        end_s = self._timing.time_s(end) + PHYSICS_S / 2 if end < self._rows else inf
        late_s = self.lateness_s
        early_s = begin_s - 2 * _NEAR_S
        written = between(self._written, early_s - late_s, end_s - late_s)
        notes = [note.later(late_s) for note in written]
        struck = between(struck, early_s, end_s)
        pairs = dict(matched(notes, struck))
        extra = set(struck).difference(pairs.values())
        near = dict(matched([note for note in notes if note not in pairs], list(extra), _NEAR_S))
        pairs |= near
        extra.difference_update(near.values())
        first_s, last_s = begin_s - _NEAR_S, end_s - _NEAR_S
        for note in between(notes, first_s, last_s):
            row, strike = self._timing.steps(note.time_s - late_s), pairs.get(note)
            if strike is None:
                yield Fault(row, note.key, self._note * _MISS)
            else:
                off_s = strike.time_s - note.time_s
                loss = self._note * self._off(note, strike)
                yield Fault(row, note.key, loss, off_s if abs(off_s) > _UNHEARD_S else 0.0)
        for strike in between(struck, first_s, last_s):
            if strike in extra:
                row = int((strike.time_s - PHYSICS_S / 2) / self._timing.decision_s)
                yield Fault(row, strike.key, self._note * _MISS)

    def _off(self, note: Onset, strike: Onset) -> float:
        """Return the loss of a strike for its time and velocity [notes]."""
        off = _excess(strike.time_s - note.time_s, _UNHEARD_S, TOLERANCE_S)
        wrong = _excess(strike.velocity - note.velocity, VELOCITY_TOLERANCE, _WRONG_VELOCITY)
        return _MISS * min(off**2 + self._velocity * wrong, 1.0)


def _excess(error: float, free: float, full: float) -> float:
    """Return 0 for an error of up to `free`, 1 from `full` on, linear between them."""
    return min(max((abs(error) - free) / (full - free), 0.0), 1.0)
