"""Synchronisation of score and video, by matching fingertips on keys with the goal keys."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.errors import PianoMimeError
from pianomime.hands.fingers import pianists_hand
from pianomime.perception.keyboard.real_keyboard import real_key_y
from pianomime.piano.geometry import HINGE_X_M, N_KEYS, WHITE_PITCH_M
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Score
from pianomime.timing import Timing

Array = NDArray[np.float64]

_STEP_S: Final = 0.02
_FRONT_M: Final = 0.09
"""Maximum x of a fingertip over the keys [m, world]."""

_NEAR_M: Final = WHITE_PITCH_M / 2
_LEAST_CERTAINTY: Final = 0.08
_LEAST_DRIFT_S: Final = 0.15
"""Minimum drift over the whole score [s]; less is within the error of the halves' offsets."""

_MOST_DRIFT: Final = 0.02
_MOST_APART_S: Final = 0.2
"""Maximum time between frames [s]; more is too coarse for the onsets of short notes."""

_OVERHANG_S: Final = 5.0
"""Maximum part of the score before the start or after the end of the video [s]."""


class SynchronisationError(PianoMimeError):
    """The video does not match the score."""


@dataclass(frozen=True)
class Synchronisation:
    """Linear map from score time t to video time: `offset_s` + t * (1 + `drift`).

    Attributes:
        offset_s: Video time of the start of the score [s].
        drift: Relative difference of the clocks; 0.001 is 1 ms per second.
        agreement: Share of goal keys with a finger on them, less that of other keys.
        certainty: Margin of the agreement to offsets more than 0.25 s away.
        heard: Whether the offset was confirmed and refined by the sound.
    """

    offset_s: float
    drift: float
    agreement: float
    certainty: float
    heard: bool = False

    def video_s(self, score_s: Array) -> Array:
        """Convert score times to video times [s]."""
        return np.asarray(self.offset_s + score_s * (1 + self.drift))


def synchronise(time_s: Array, tips_m: Array, score: Score) -> Synchronisation:
    """Estimate offset and drift.

    Args:
        time_s: (t,) times of the frames [s].
        tips_m: (t, 10, 2) fingertips on the keyboard plane [m]; NaN where not detected.
        score: Score that is played.

    Raises:
        SynchronisationError: No finger is over the keys, or no offset stands out.
    """
    grid_s = np.arange(time_s[0], time_s[-1], _STEP_S)
    touched = _touched(time_s, tips_m, grid_s)
    timing = Timing(decision_s=_STEP_S, command_s=_STEP_S)
    goal_keys = ScoreGoals.of(score, timing).keys.astype(float)
    overhang = round(_OVERHANG_S / _STEP_S)
    goal_keys = goal_keys[: len(grid_s) + overhang]
    if not goal_keys.any() or not touched.any():
        raise SynchronisationError("no finger is over the keyboard; nothing to synchronise with")
    shifts = np.arange(-overhang, max(0, len(grid_s) - len(goal_keys)) + overhang + 1)
    agreement = np.array([_agreement(touched, goal_keys, int(shift)) for shift in shifts])
    best = int(np.argmax(agreement))
    away = np.abs(shifts - shifts[best]) > round(0.25 / _STEP_S)
    certainty = float(agreement[best] - agreement[away].max()) if away.any() else 0.0
    if certainty < _LEAST_CERTAINTY:
        raise SynchronisationError(
            f"no offset stands out (by {certainty:.3f}; at least {_LEAST_CERTAINTY}): "
            f"{_likely_cause(time_s, tips_m)}"
        )
    offset_s = float(grid_s[0] + _STEP_S * (shifts[best] + _peak(agreement, best)))
    drift = _drift(touched, goal_keys, int(shifts[best]))
    return Synchronisation(
        offset_s - drift * len(goal_keys) * _STEP_S / 2, drift, float(agreement[best]), certainty
    )


def _likely_cause(time_s: Array, tips_m: Array) -> str:
    """Return the most likely reason why no offset stands out."""
    apart_s = float(np.median(np.diff(time_s)))
    if apart_s > _MOST_APART_S:
        return f"{1 / apart_s:.1f} images a second; at least {1 / _MOST_APART_S:g} are needed"
    for side, name in enumerate(("left", "right")):
        if np.isnan(tips_m[:, pianists_hand(side)]).all():
            return f"the {name} hand was never seen over the keys"
    return "is it the MIDI file of this video, and all of it?"


def _touched(time_s: Array, tips_m: Array, grid_s: Array) -> Array:
    """Return the proximity of the nearest fingertip to each key, 0 .. 1, (grid, 88)."""
    between = (time_s[1:] + time_s[:-1]) / 2
    nearest = np.searchsorted(between, grid_s)
    touched = np.zeros((len(grid_s), N_KEYS))
    for tip in np.moveaxis(tips_m[nearest], 1, 0):  # one finger at a time to save memory
        over = (tip[:, 0] > HINGE_X_M) & (tip[:, 0] < _FRONT_M)
        near = np.exp(-(((tip[:, 1, None] - real_key_y()) / _NEAR_M) ** 2))
        np.maximum(touched, np.where(over[:, None], near, 0.0), out=touched)
    return touched


def _agreement(touched: Array, goal_keys: Array, shift: int) -> float:
    """Return the mean of `touched` at goal keys, less its mean at other keys in use."""
    first, last = max(0, -shift), min(len(goal_keys), len(touched) - shift)
    if last - first < min(len(goal_keys), len(touched)) / 2:
        return -1.0
    seen, goals = touched[first + shift : last + shift], goal_keys[first:last]
    used = goals.any(axis=0)
    on = (seen * goals).sum() / max(goals.sum(), 1.0)
    rest = (1 - goals)[:, used]
    return float(on - (seen[:, used] * rest).sum() / max(rest.sum(), 1.0))


def _peak(values: Array, best: int) -> float:
    """Return the sub-sample peak offset of a parabola through the best and its neighbours."""
    if not 0 < best < len(values) - 1:
        return 0.0
    left, middle, right = values[best - 1 : best + 2]
    bend = left - 2 * middle + right
    return float(0.5 * (left - right) / bend) if bend < 0 else 0.0


def _drift(touched: Array, goal_keys: Array, shift: int) -> float:
    """Return the drift: difference of the two halves' best offsets over their distance."""
    half, reach = len(goal_keys) // 2, round(0.3 / _STEP_S)
    places = []
    for part in (np.arange(len(goal_keys)) < half, np.arange(len(goal_keys)) >= half):
        near = np.arange(shift - reach, shift + reach + 1)
        values = np.array(
            [_agreement(touched, goal_keys * part[:, None], int(candidate)) for candidate in near]
        )
        best = int(np.argmax(values))
        places.append(near[best] + _peak(values, best))
    drift = (places[1] - places[0]) / max(half, 1)
    seen = abs(drift) * len(goal_keys) * _STEP_S > _LEAST_DRIFT_S
    return float(drift) if seen and abs(drift) < _MOST_DRIFT else 0.0
