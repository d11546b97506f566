"""Which finger pressed which note, from where the fingertips were: an onset at a time."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from pianomime.hands.fingers import N_FINGERS, UNASSIGNED
from pianomime.perception.keyboard.real_keyboard import HEAD_M, real_key_y
from pianomime.perception.synchronisation import Synchronisation
from pianomime.piano.geometry import HINGE_X_M, WHITE_LENGTH_M, is_black
from pianomime.score.score import Note, Score

Array = NDArray[np.float64]

_LOOK_S: Final = (-0.03, 0.12)
"""Around an onset, in which the finger is on its key; a short note ends the look."""

_OFF_M: Final = 0.006
"""Distance along y at which a finger is less likely by a factor of e."""

_OUT_M: Final = 0.010
_TIP_M: Final = 0.010
"""What lies of a finger beyond its landmark: it may press so far from where it is seen."""

_FAR: Final = 12.0
_SURE: Final = 0.5


@dataclass(frozen=True)
class PressingFingers:
    """The fingers seen on the notes of a score.

    Attributes:
        finger: (n,) finger of each note, 0 .. 9, or `UNASSIGNED` where it is not sure.
        confidence: (n,) 0 .. 1 of the likeliest finger.
    """

    finger: NDArray[np.int64]
    confidence: Array


def pressing_fingers(
    score: Score, time_s: Array, tips_m: Array, synchronisation: Synchronisation
) -> PressingFingers:
    """Say for each note which finger pressed it.

    Notes that begin together get different fingers, and a finger that holds a key is not free for
    another one. What is not sure is left to the planner's own fingering.

    Args:
        score: What was played.
        time_s: (t,) of the frames [s].
        tips_m: (t, 10, 2) fingertips [m]; NaN where not seen.
        synchronisation: Of score and video.
    """
    cost = np.array(
        [_costs(note.key, *_span(note, synchronisation), time_s, tips_m) for note in score.notes]
    )
    finger = np.full(len(score.notes), UNASSIGNED)
    confidence = np.zeros(len(score.notes))
    busy_until_s = np.full(N_FINGERS, -np.inf)
    onsets_s = np.array([note.onset_s for note in score.notes])
    for group in _together(onsets_s):
        held = busy_until_s > onsets_s[group].min() + 0.03
        now = cost[group] + np.where(held, 4.0, 0.0)
        rows, columns = linear_sum_assignment(now)
        likely = np.exp(-np.minimum(now, _FAR))
        for row, column in zip(rows, columns, strict=True):
            note = group[row]
            if now[row, column] >= _FAR:
                continue
            others = np.delete(likely[row], [c for c in columns if c != column])
            confidence[note] = likely[row, column] / (others.sum() + np.exp(-_FAR / 2))
            if confidence[note] >= _SURE:
                finger[note] = column
                busy_until_s[column] = score.notes[note].offset_s
    return PressingFingers(finger, confidence)


def _span(note: Note, synchronisation: Synchronisation) -> tuple[float, float]:
    onset_s, offset_s = note.onset_s, note.offset_s
    first, last = onset_s + _LOOK_S[0], min(onset_s + _LOOK_S[1], max(offset_s, onset_s + 0.05))
    begin, end = synchronisation.video_s(np.array([first, last]))
    return float(begin), float(end)


def _costs(key: int, begin_s: float, end_s: float, time_s: Array, tips_m: Array) -> Array:
    """Return how unlikely each finger is to be on a key in a time, (10,)."""
    frames = np.flatnonzero((time_s >= begin_s) & (time_s <= end_s))
    if not len(frames):
        return np.full(N_FINGERS, _FAR)
    x, y = tips_m[frames, :, 0], tips_m[frames, :, 1]
    off = np.abs(y - real_key_y()[key])
    front = HINGE_X_M + WHITE_LENGTH_M
    low, high = (HINGE_X_M, front - HEAD_M) if is_black()[key] else (HINGE_X_M, front)
    out = np.maximum(0.0, np.maximum(low - x - _TIP_M, x - high - _TIP_M))
    cost = (off / _OFF_M) ** 2 + (out / _OUT_M) ** 2
    seen = np.isfinite(cost).any(axis=0)
    result = np.full(N_FINGERS, _FAR)
    result[seen] = np.nanmean(cost[:, seen], axis=0)
    return np.asarray(np.minimum(result, _FAR))


def _together(onsets_s: Array) -> list[NDArray[np.int64]]:
    """Return the notes in groups that begin within 30 ms."""
    breaks = np.flatnonzero(np.diff(onsets_s) > 0.03) + 1
    return [np.asarray(group) for group in np.split(np.arange(len(onsets_s)), breaks)]
