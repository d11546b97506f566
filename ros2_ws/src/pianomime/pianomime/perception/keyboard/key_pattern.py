"""Identification of black keys by their pattern of twos and threes, under perspective."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.perception.keyboard.black_keys import BlackKeys
from pianomime.perception.keyboard.real_keyboard import real_key_y
from pianomime.piano.geometry import WHITE_PITCH_M, is_black

Array = NDArray[np.float64]

_KEYS: Final = np.flatnonzero(is_black())
_PLACE: Final = real_key_y()[_KEYS]

_SKIPPED: Final = 4
"""Maximum number of black keys from one bar to the next in a run."""

_WIDE: Final = 3.5
"""Ratio of adjacent gaps above which a run ends: the gap from D sharp to F sharp is 1.5 times that
within a group, and one key may be missing."""

_ROUNDS: Final = 3
"""Iterations of fitting the matched keys and matching further bars."""

_OFF: Final = 0.25
"""Maximum distance of a bar from the pattern, in white key pitches."""


_MIRROR: Final = 2.0
"""Penalty of mirrored matches, in keys; mirrored videos are rare."""


@dataclass(frozen=True)
class PatternMatch:
    """Assignment of bars to black keys.

    Attributes:
        bar: (n,) indices of the assigned bars.
        key: (n,) keys of these bars.
        mirrored: Whether the keys are in the opposite order to a view from above.
        score: Number of assigned bars, less the unassigned bars, half of the undetected keys in
            view, and the penalty of a mirrored match.
    """

    bar: NDArray[np.int64]
    key: NDArray[np.int64]
    mirrored: bool
    score: float


def match_pattern(bars: BlackKeys, size: tuple[int, int]) -> list[PatternMatch]:
    """Return all assignments of the bars to black keys, the best first.

    If only a part of the keyboard is in view, assignments an octave apart have equal scores.

    Args:
        bars: Bars in order along the keyboard, in either direction.
        size: (width, height) of the image [pixels].
    """
    toward = np.median(bars.front - bars.back, axis=0)
    right = np.array([toward[1], -toward[0]])  # direction of rising keys, seen from above
    found = []
    for mirrored in (False, True):
        direction = -right if mirrored else right
        order = np.arange(len(bars.front))
        if (bars.front[-1] - bars.front[0]) @ direction < 0:
            order = order[::-1]
        middle = (bars.front[order] + bars.back[order]) / 2
        along = middle[-1] - middle[0]
        place = (middle - middle[0]) @ along / np.linalg.norm(along)
        ends = _image_ends(middle[0], along / np.linalg.norm(along), size)
        run = _longest_run(place)
        for first in range(len(_KEYS)):
            match = _match_from(first, place, run, ends, order, mirrored)
            if match is not None:
                found.append(match)
    return sorted(found, key=lambda match: (-match.score, match.mirrored))


def _match_from(
    first: int,
    place: Array,
    run: slice,
    ends: tuple[float, float],
    order: NDArray[np.int64],
    mirrored: bool,
) -> PatternMatch | None:
    """Assign black key number `first` to the first bar of `run`, match the rest, and score it."""
    keys = np.full(len(place), -1)
    keys[run] = min((_walk(first, place[run], skip) for skip in (1, 2, 3)), key=lambda w: w[1])[0]
    for _ in range(_ROUNDS):
        seen = keys >= 0
        if seen.sum() < 4:
            return None
        y = _PLACE[keys[seen]]
        # Perspective along a line: place = (a y + b) / (c y + 1).
        system = np.stack([y, np.ones_like(y), -y * place[seen]], axis=1)
        (a, b, c), *_ = np.linalg.lstsq(system, place[seen], rcond=None)
        scale = 1 + c * _PLACE
        if (scale <= 0).any():
            return None
        predicted = (a * _PLACE + b) / scale
        pitch = np.abs((a - b * c) / scale**2) * WHITE_PITCH_M
        nearest = np.argmin(np.abs(place[:, None] - predicted), axis=1)
        fits = np.abs(place - predicted[nearest]) < _OFF * pitch[nearest]
        keys = np.where(fits, nearest, -1)
    margin = pitch / 2
    in_view = (predicted > ends[0] + margin) & (predicted < ends[1] - margin)
    hidden = in_view.sum() - np.isin(np.flatnonzero(in_view), keys[fits]).sum()
    score = fits.sum() - (~fits).sum() - 0.5 * hidden - _MIRROR * mirrored
    return PatternMatch(order[fits], _KEYS[keys[fits]], mirrored, float(score))


def _longest_run(place: Array) -> slice:
    """Return the longest run of bars without a wide gap."""
    gap = np.diff(place)
    near = np.minimum(np.append(gap[1:], np.inf), np.insert(gap[:-1], 0, np.inf))
    breaks = np.flatnonzero(gap > _WIDE * near) + 1
    bounds = [0, *breaks, len(place)]
    begin, end = max(pairwise(bounds), key=lambda run: run[1] - run[0])
    return slice(int(begin), int(end))


def _walk(first: int, place: Array, skip: int) -> tuple[NDArray[np.int64], float]:
    """Return the black key number of each bar (-1 for none), and the error of the gaps."""
    keys = np.full(len(place), -1)
    keys[0] = first
    error, scale = 0.0, 0.0
    for i in range(1, len(place)):
        gap = place[i] - place[i - 1]
        ahead = _PLACE[keys[i - 1] + 1 : keys[i - 1] + 1 + _SKIPPED] - _PLACE[keys[i - 1]]
        if not len(ahead) or (i == 1 and len(ahead) < skip):
            return keys, error + (len(place) - i)
        step = skip - 1 if i == 1 else int(np.argmin(np.abs(ahead * scale - gap)))
        if i > 1:
            error += min(1.0, abs(ahead[step] * scale - gap) / (scale * WHITE_PITCH_M))
        keys[i] = keys[i - 1] + 1 + step
        scale = gap / ahead[step]
    return keys, error


def _image_ends(start: Array, along: Array, size: tuple[int, int]) -> tuple[float, float]:
    """Return the extent of the image from `start` along a direction, back and ahead [pixels]."""
    low, high = -np.inf, np.inf
    for at, by, end in zip(start, along, size, strict=True):
        if abs(by) > 1e-9:
            one, other = sorted(((0 - at) / by, (end - at) / by))
            low, high = max(low, one), min(high, other)
    return float(low), float(high)
