"""Are notes struck at the right time, and how loud?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.piano.geometry import A4_KEY
from pianomime.score.score import Note

TOLERANCE_S: Final = 0.05
"""MIREX's tolerance for note onsets, and mir_eval's default."""


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


def onset_metrics(wanted: Sequence[Note], struck: Sequence[Note]) -> OnsetMetrics:
    """Match notes one to one (mir_eval.transcription.match_notes, offsets ignored)."""
    from mir_eval import (
        transcription,
    )  # imports all of SciPy, which a command line need not wait for

    hits = []
    if wanted and struck:
        hits = transcription.match_notes(
            *_intervals_and_pitches(wanted),
            *_intervals_and_pitches(struck),
            onset_tolerance=TOLERANCE_S,
            pitch_tolerance=25.0,
            offset_ratio=None,
        )
    precision = len(hits) / len(struck) if struck else 1.0
    recall = len(hits) / len(wanted) if wanted else 1.0
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    errors = [abs(wanted[i].velocity - struck[j].velocity) for i, j in hits]
    return OnsetMetrics(precision, recall, f1, float(np.mean(errors)) if errors else float("nan"))


def _intervals_and_pitches(
    notes: Sequence[Note],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    intervals = np.array([(note.onset_s, note.offset_s) for note in notes])
    pitches_hz = np.array([440.0 * 2 ** ((note.key - A4_KEY) / 12) for note in notes])
    return intervals, pitches_hz
