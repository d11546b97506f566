"""Objective of practice: what a listener hears of a take, beside the keys at decision ends."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pianomime.config import Config, parameter
from pianomime.metrics.key_press import f1_per_step
from pianomime.metrics.matching import TOLERANCE_S, f1_of, matches
from pianomime.metrics.notes import VELOCITY_TOLERANCE, WINDOW_S
from pianomime.piano.geometry import LOWEST_PITCH
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Score
from pianomime.simulation.simulation import MidiEvent, MidiKind
from pianomime.timing import PHYSICS_S

_MISS: Final = 0.5
"""Loss of a note that is missing or a strike too many; their sum is that of a strike which is
`TOLERANCE_S` off. It is the loss in note F1, in notes."""

_UNHEARD_S: Final = 0.01
"""Distance of a strike from its time that costs nothing [s]."""

_LOUDNESS_RANGE: Final = 40
"""Velocity error beyond the tolerance at which the loss is full."""


@dataclass(frozen=True, kw_only=True)
class ObjectiveConfig(Config):
    """Weights of the objective. The F1 of a decision, averaged over the song, has weight 1."""

    note_weight: float = parameter(
        1.0, "Weight of notes missing, strikes too many and strikes not in time", ge=0.0
    )
    velocity_weight: float = parameter(
        0.25, "Weight of velocity errors, as a share of that of a missed note", ge=0.0, le=1.0
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


class Onset(NamedTuple):
    """Beginning of a note, as written or as played.

    Attributes:
        time_s: Time [s, from the start of the lead-in].
        key: Key, 0 .. 87.
        velocity: MIDI velocity.
    """

    time_s: float
    key: int
    velocity: int

    def later(self, by_s: float) -> "Onset":
        """Return the onset shifted in time."""
        return Onset(self.time_s + by_s, self.key, self.velocity)


def onsets(events: Iterable[MidiEvent]) -> list[Onset]:
    """Return the strikes among MIDI events."""
    return [
        Onset(event.time_s, event.number - LOWEST_PITCH, event.value)
        for event in events
        if event.kind is MidiKind.NOTE_ON
    ]


class Fault(NamedTuple):
    """What is wrong with a note or a strike.

    Attributes:
        row: Row from which the note's key should be down, or of the strike that is too many.
        key: Key, 0 .. 87.
        loss: Loss [notes].
        late_s: Time of the strike after the note's, lateness taken out [s]; 0 if either is missing.
    """

    row: int
    key: int
    loss: float
    late_s: float = 0.0


class PracticeObjective:
    """Value of a stretch of a take; decisions (rows) count from the start of the lead-in.

    The value is the sum of the F1 of the decisions, less the losses of the notes: each note that is
    missing and each strike too many costs half of a note, a strike that is off its time by up to
    50 ms costs up to a whole one, with the square of the time, and on music with dynamics a wrong
    velocity costs a share. A note costs as much as its share in the song's mean, so that the value
    of all rows, divided by their number, is the mean F1 of decisions minus `note_weight` times the
    mean loss of a note.

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
        near = _pairs(self._written, struck, WINDOW_S)
        late_s = [strike.time_s - note.time_s for note, strike in near]
        self.lateness_s = float(np.median(late_s)) if late_s else 0.0
        hits = _pairs([note.later(self.lateness_s) for note in self._written], struck)
        return Quality(
            value=self.value(0, active, struck) / self._rows,
            f1=float(f1_per_step(self._goals.keys, active[self._lead :]).mean()),
            note_f1=f1_of(len(hits), len(self._written), len(struck)),
            lateness_s=self.lateness_s,
        )

    def value(self, begin: int, active: NDArray[np.bool_], struck: Sequence[Onset]) -> float:
        """Return the value of the rows from `begin` on.

        Notes and strikes count for the rows `TOLERANCE_S` after them, by when they are decided.

        Args:
            begin: First row.
            active: (rows, 88) keys pressed at the ends of the decisions.
            struck: All strikes until the last of these rows, by time; at least from 0.1 s before
                the first one on.
        """
        goal_keys = self._goals.keys_in(begin - self._lead, len(active))
        lost = sum(fault.loss for fault in self._found(begin, begin + len(active), struck))
        return float(f1_per_step(goal_keys, active).sum()) - self._note * lost

    def faults(self, begin: int, end: int, struck: Sequence[Onset]) -> list[Fault]:
        """Return what notes and strikes lose in rows `begin` to `end` (exclusive)."""
        found = self._found(begin, end, struck)
        return [fault for fault in found if fault.loss and begin <= fault.row < end]

    def _found(self, begin: int, end: int, struck: Sequence[Onset]) -> Iterator[Fault]:
        """Yield a fault, of loss 0 if perfect, for each note and each strike of none."""
        begin_s = self._timing.time_s(begin) + PHYSICS_S / 2 if begin else -inf
        end_s = self._timing.time_s(end) + PHYSICS_S / 2 if end < self._rows else inf
        late_s = self.lateness_s
        early_s = begin_s - 2 * TOLERANCE_S
        written = _between(self._written, early_s - late_s, end_s - late_s)
        notes = [note.later(late_s) for note in written]
        struck = _between(struck, early_s, end_s)
        pairs = dict(_pairs(notes, struck))
        extra = set(struck).difference(pairs.values())
        first_s, last_s = begin_s - TOLERANCE_S, end_s - TOLERANCE_S
        for note in _between(notes, first_s, last_s):
            row, strike = self._timing.steps(note.time_s - late_s), pairs.get(note)
            if strike is None:
                yield Fault(row, note.key, _MISS)
            else:
                yield Fault(row, note.key, self._off(note, strike), strike.time_s - note.time_s)
        for strike in _between(struck, first_s, last_s):
            if strike in extra:
                row = int((strike.time_s - PHYSICS_S / 2) / self._timing.decision_s)
                yield Fault(row, strike.key, _MISS)

    def _off(self, note: Onset, strike: Onset) -> float:
        """Return the loss of a strike for its time and velocity."""
        off = max(abs(strike.time_s - note.time_s) - _UNHEARD_S, 0) / (TOLERANCE_S - _UNHEARD_S)
        wrong = max(abs(strike.velocity - note.velocity) - VELOCITY_TOLERANCE, 0) / _LOUDNESS_RANGE
        return off**2 + self._velocity * min(wrong, 1.0)


def _pairs(
    notes: Sequence[Onset], struck: Sequence[Onset], tolerance_s: float = TOLERANCE_S
) -> list[tuple[Onset, Onset]]:
    return matches(notes, struck, lambda onset: onset.time_s, lambda onset: onset.key, tolerance_s)


def _between(ordered: Sequence[Onset], begin_s: float, end_s: float) -> Sequence[Onset]:
    begin = bisect_right(ordered, begin_s, key=lambda onset: onset.time_s)
    return ordered[begin : bisect_left(ordered, end_s, lo=begin, key=lambda onset: onset.time_s)]
