"""Estimation of the fingers that pressed the notes, from fingertips and fingering costs.

Observed fingertips give a cost for each finger and note; the fingering search then minimises the
sum of these and the fingering costs over the whole piece.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.fingering.costs import FingeringConfig, Partials, choices_of
from pianomime.fingering.fingering import search
from pianomime.fingering.problem import FingeringProblem, onset_of
from pianomime.hands.embodiment import embodiment
from pianomime.hands.fingers import N_PIANISTS_FINGERS, UNASSIGNED
from pianomime.perception.keyboard.real_keyboard import HEAD_M, real_key_y
from pianomime.perception.synchronisation import Synchronisation
from pianomime.piano.geometry import HINGE_X_M, WHITE_LENGTH_M, is_black
from pianomime.score.clips import CLIP_TIMING
from pianomime.score.score import Note, Score
from pianomime.score.step_notes import StepNote, by_onset, to_steps

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_HANDS: Final = embodiment("pianomime").layout
"""A person's fingers, which those of the Shadow hand are modelled on."""

_LOOK_S: Final = (-0.03, 0.12)
"""Time window around an onset in which the finger is on its key [s]; short notes shorten it."""

_SHORTEST_S: Final = CLIP_TIMING.decision_s
"""Minimum duration of the window after an onset [s]."""

_OFF_M: Final = 0.006
"""Distance along y that reduces a finger's likelihood by a factor of e [m]."""

_OUT_M: Final = 0.010
_TIP_M: Final = 0.010
"""Length of the fingertip beyond its landmark [m]: tolerance on the pressing position."""

_SLIDING_M_S: Final = 0.3
"""Speed along the keyboard that reduces a finger's likelihood by a factor of e [m/s]."""

_FAR: Final = 12.0
_NOBODY: Final = 6.0
"""Cost (negative log likelihood, as all here) of pressing by a finger that was not observed."""

_SURE: Final = 0.5
_TRUST: Final = 20.0
"""Weight of observation costs; this and `_SLIDING_M_S` were tuned on training clips."""


@dataclass(frozen=True)
class PressingFingers:
    """Estimated fingers of the notes of a score.

    Attributes:
        finger: (n,) finger of each note, 0 .. 9, or `UNASSIGNED` if uncertain.
        confidence: (n,) confidence of the most likely finger, 0 .. 1.
    """

    finger: Ints
    confidence: Array


def pressing_fingers(
    score: Score, time_s: Array, tips_m: Array, synchronisation: Synchronisation
) -> PressingFingers:
    """Estimate the finger of each note; uncertain notes stay unassigned for the planner.

    Args:
        score: Score that is played.
        time_s: (t,) times of the frames [s].
        tips_m: (t, 10, 2) fingertips [m]; NaN where not detected.
        synchronisation: Synchronisation of score and video.
    """
    spans = [_span(note, synchronisation) for note in score.notes]
    observed = np.array(
        [
            _observation_cost(note.key, *span, time_s, tips_m)
            for note, span in zip(score.notes, spans, strict=True)
        ]
    )
    problem = FingeringProblem(CLIP_TIMING, _HANDS, FingeringConfig(), _TRUST * observed)
    groups = by_onset(to_steps(score.without_fingers().notes, CLIP_TIMING))
    finger = np.full(len(score.notes), UNASSIGNED)
    for note in search(Partials.at_rest(_HANDS, CLIP_TIMING), groups, problem):
        finger[note.index] = note.finger
    confidence = _confidence(problem, _TRUST * observed, groups, finger)
    return PressingFingers(np.where(confidence >= _SURE, finger, UNASSIGNED), confidence)


def _confidence(
    problem: FingeringProblem, against: Array, groups: Sequence[list[StepNote]], finger: Ints
) -> Array:
    """Return the probability of each note's finger, given the preceding fingers, (n,)."""
    confidence = np.zeros(len(finger))
    partials = Partials.at_rest(problem.layout, problem.timing)
    for group in groups:
        notes = [note for note in group if finger[note.index] != UNASSIGNED]
        if not notes:
            continue
        mine = finger[[note.index for note in notes]]
        onset = onset_of(notes)
        cost = problem.price(partials, onset)[0] + problem.surcharge(notes)
        likely = np.exp((cost.min() - cost) / _TRUST)
        for column, note in enumerate(notes):
            same = choices_of(len(notes), problem.layout)[:, column] == mine[column]
            seen = np.exp(-against[note.index, mine[column]] / _TRUST)
            there = seen / (seen + np.exp(-_NOBODY))
            confidence[note.index] = there * likely[same].sum() / likely.sum()
        partials = partials.following(onset, mine)
    return confidence


def _span(note: Note, synchronisation: Synchronisation) -> tuple[float, float]:
    onset_s, offset_s = note.onset_s, note.offset_s
    first, last = (
        onset_s + _LOOK_S[0],
        min(onset_s + _LOOK_S[1], max(offset_s, onset_s + _SHORTEST_S)),
    )
    begin, end = synchronisation.video_s(np.array([first, last]))
    return float(begin), float(end)


def _observation_cost(
    key: int, begin_s: float, end_s: float, time_s: Array, tips_m: Array
) -> Array:
    """Return the cost of each finger to press a key in a time window, (10,)."""
    frames = np.flatnonzero((time_s >= begin_s) & (time_s <= end_s))
    if not len(frames):
        return np.full(N_PIANISTS_FINGERS, _FAR)
    x, y = tips_m[frames, :, 0], tips_m[frames, :, 1]
    off = np.abs(y - real_key_y()[key])
    front = HINGE_X_M + WHITE_LENGTH_M
    low, high = (HINGE_X_M, front - HEAD_M) if is_black()[key] else (HINGE_X_M, front)
    out = np.maximum(0.0, np.maximum(low - x - _TIP_M, x - high - _TIP_M))
    cost = (off / _OFF_M) ** 2 + (out / _OUT_M) ** 2
    if len(frames) > 1:
        sliding = np.abs(np.gradient(y, time_s[frames], axis=0))
        cost += (sliding / _SLIDING_M_S) ** 2
    seen = np.isfinite(cost).any(axis=0)
    result = np.full(N_PIANISTS_FINGERS, _FAR)
    result[seen] = np.nanmean(cost[:, seen], axis=0)
    return np.asarray(np.minimum(result, _FAR))
