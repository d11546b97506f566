"""Onset and velocity metrics of struck notes."""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pianomime.score.score import Note

TOLERANCE_S: Final = 0.05
"""Tolerance on note onsets [s]: MIREX's, and mir_eval's default."""

_DECIMALS: Final = 4
"""Decimals to which onset differences [s] are rounded, as in mir_eval."""


@dataclass(frozen=True)
class OnsetMetrics:
    """Struck notes compared to the score; a hit is the right key within 50 ms of the onset.

    Attributes:
        onset_precision: Share of the struck notes that are hits; 1 if no note was struck.
        onset_recall: Share of the score's notes that were hit.
        onset_f1: Harmonic mean of precision and recall.
        velocity_error: Mean absolute error of the MIDI velocity over the hits; NaN without hits.
    """

    onset_precision: float
    onset_recall: float
    onset_f1: float
    velocity_error: float


def onset_metrics(notes: Sequence[Note], struck: Sequence[Note]) -> OnsetMetrics:
    """Compute the metrics from a maximum one-to-one matching (same result as mir_eval)."""
    hits = _hits(notes, struck)
    precision = len(hits) / len(struck) if struck else 1.0
    recall = len(hits) / len(notes) if notes else 1.0
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    errors = [abs(note.velocity - strike.velocity) for note, strike in hits]
    return OnsetMetrics(precision, recall, f1, float(np.mean(errors)) if errors else float("nan"))


def _hits(notes: Sequence[Note], struck: Sequence[Note]) -> list[tuple[Note, Note]]:
    """Return matched (score note, struck note) pairs; greedy in time per key, which is maximum."""
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
            strike = candidates.popleft()  # too early for this note, so for later ones as well
            if late_s >= -TOLERANCE_S:
                hits.append((note, strike))
                break
    return hits
