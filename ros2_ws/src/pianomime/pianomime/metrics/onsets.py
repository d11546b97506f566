"""Are notes struck at the right time, and how loud?"""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pianomime.score.score import Note

TOLERANCE_S: Final = 0.05
"""MIREX's tolerance for note onsets, and mir_eval's default."""

_DECIMALS: Final = 4
"""Differences [s] are rounded so far, as mir_eval does."""


@dataclass(frozen=True)
class OnsetMetrics:
    """Struck notes against the score's; a hit is the right key within 50 ms of its onset.

    Attributes:
        onset_precision: Share of the struck notes that are hits; 1 where none was struck.
        onset_recall: Share of the score's notes that were hit.
        onset_f1: Their harmonic mean.
        velocity_error: Mean distance of MIDI velocities over the hits; NaN without hits.
    """

    onset_precision: float
    onset_recall: float
    onset_f1: float
    velocity_error: float


def onset_metrics(notes: Sequence[Note], struck: Sequence[Note]) -> OnsetMetrics:
    """Match notes one to one, as many as can be (mir_eval's result, without its imports)."""
    hits = _hits(notes, struck)
    precision = len(hits) / len(struck) if struck else 1.0
    recall = len(hits) / len(notes) if notes else 1.0
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    errors = [abs(note.velocity - strike.velocity) for note, strike in hits]
    return OnsetMetrics(precision, recall, f1, float(np.mean(errors)) if errors else float("nan"))


def _hits(notes: Sequence[Note], struck: Sequence[Note]) -> list[tuple[Note, Note]]:
    """Return pairs of notes; of each key in order, which leaves no more pairs to be found."""
    hits: list[tuple[Note, Note]] = []
    ordered: dict[int, deque[Note]] = defaultdict(deque)
    for note in sorted(struck, key=lambda note: note.onset_s):
        ordered[note.key].append(note)
    for note in sorted(notes, key=lambda note: note.onset_s):
        candidates = ordered[note.key]
        while candidates:
            late_s = round(candidates[0].onset_s - note.onset_s, _DECIMALS)
            if late_s > TOLERANCE_S:
                break
            strike = candidates.popleft()  # too early for this one is too early for the next
            if late_s >= -TOLERANCE_S:
                hits.append((note, strike))
                break
    return hits
