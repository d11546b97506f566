"""Metrics of a performance's notes as a listener judges them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from pianomime.metrics.matching import TOLERANCE_S, f1_of, matches
from pianomime.score.pedal import with_pedal
from pianomime.score.score import Note, PedalEvent, Score

WINDOW_S: Final = 0.2
"""Largest distance of a strike from its note for lateness and spread [s]."""

NARROW_S: Final = 0.025
"""Tolerance of `note_f1_25` [s]."""

VELOCITY_TOLERANCE: Final = 8
"""Tolerance of the velocity F1, in MIDI's units."""

OFFSET_SHARE: Final = 0.2
"""Tolerance on note offsets as a share of the duration, where that is more: mir_eval's default."""

SPREAD_QUANTILE: Final = 0.9

_NAN: Final = float("nan")

Pairs = list[tuple[Note, Note]]


@dataclass(frozen=True)
class NoteMetrics:
    """Struck notes compared to the score.

    A constant lateness is not heard, so the score is shifted by it before notes are matched; only
    `onset_f1` is without the shift. A hit is a strike of the right key within 50 ms, one to one.

    Attributes:
        note_f1: F1 of the hits.
        note_f1_25: F1 of strikes within 25 ms.
        onset_f1: F1 of strikes within 50 ms of the onsets as written (mir_eval's).
        lateness_s: Median of strike minus onset over notes and strikes within 0.2 s of each other
            [s]; NaN if there are none.
        spread_s: Distance from the lateness within which 90 % of these strikes are [s].
        extra_per_100: Strikes that are no hits, per 100 notes of the score.
        missing_per_100: Notes without a hit, per 100 notes of the score.
        length_f1: F1 of hits whose note, pedal applied, also ends within 50 ms or a fifth of its
            duration.
        velocity_error: Mean absolute error of the MIDI velocity over the hits; NaN without hits.
        velocity_f1: F1 of hits whose velocity is within 8.
        pedal_f1: F1 of pedal changes within 50 ms; 1 if there are none.
    """

    note_f1: float
    note_f1_25: float
    onset_f1: float
    lateness_s: float
    spread_s: float
    extra_per_100: float
    missing_per_100: float
    length_f1: float
    velocity_error: float
    velocity_f1: float
    pedal_f1: float


def note_metrics(
    score: Score, struck: Sequence[Note], pedal: Sequence[PedalEvent] = ()
) -> NoteMetrics:
    """Compare struck notes and pedal changes, in score time, with a score."""
    lateness_s, spread_s = _timing(hits_of(score.notes, struck, WINDOW_S))
    notes = later(with_pedal(score.notes, score.pedal), lateness_s)
    hits = hits_of(notes, with_pedal(struck, pedal))
    shift_s = 0.0 if np.isnan(lateness_s) else lateness_s
    written = [replace(event, time_s=event.time_s + shift_s) for event in score.pedal]
    in_time = matches(written, pedal, lambda event: event.time_s, lambda event: event.down)
    errors = [abs(strike.velocity - note.velocity) for note, strike in hits]

    def f1(count: int) -> float:
        return f1_of(count, len(notes), len(struck))

    return NoteMetrics(
        note_f1=f1(len(hits)),
        note_f1_25=f1(len(hits_of(notes, struck, NARROW_S))),
        onset_f1=f1(len(hits_of(score.notes, struck))),
        lateness_s=lateness_s,
        spread_s=spread_s,
        extra_per_100=100 * (len(struck) - len(hits)) / len(notes),
        missing_per_100=100 * (len(notes) - len(hits)) / len(notes),
        length_f1=f1(sum(_ends_with(note, strike) for note, strike in hits)),
        velocity_error=float(np.mean(errors)) if hits else _NAN,
        velocity_f1=f1(sum(error <= VELOCITY_TOLERANCE for error in errors)),
        pedal_f1=f1_of(len(in_time), len(written), len(pedal)),
    )


def hits_of(
    notes: Sequence[Note], struck: Sequence[Note], tolerance_s: float = TOLERANCE_S
) -> Pairs:
    """Return the notes that are struck within the tolerance [s], each with its strike."""
    return matches(notes, struck, lambda n: n.onset_s, lambda n: n.key, tolerance_s)


def later(notes: Iterable[Note], lateness_s: float) -> list[Note]:
    """Return the notes later by `lateness_s` [s]; unchanged if it is NaN."""
    if np.isnan(lateness_s):
        return list(notes)
    return [
        replace(note, onset_s=note.onset_s + lateness_s, offset_s=note.offset_s + lateness_s)
        for note in notes
    ]


def _timing(pairs: Pairs) -> tuple[float, float]:
    """Return the median of strike minus onset, and the spread about it [s]; NaN without pairs."""
    if not pairs:
        return _NAN, _NAN
    late_s = np.array([strike.onset_s - note.onset_s for note, strike in pairs])
    median_s = np.median(late_s)
    return float(median_s), float(np.quantile(np.abs(late_s - median_s), SPREAD_QUANTILE))


def _ends_with(note: Note, strike: Note) -> bool:
    tolerance_s = max(TOLERANCE_S, OFFSET_SHARE * (note.offset_s - note.onset_s))
    return abs(strike.offset_s - note.offset_s) <= tolerance_s
