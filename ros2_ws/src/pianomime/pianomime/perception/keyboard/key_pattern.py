"""Which black keys those seen are: the pattern of twos and threes, seen under perspective."""

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
"""Black keys up to the next one seen, in a run of them."""

_WIDE: Final = 3.5
"""A gap so much wider than the one next to it ends a run: D sharp to F sharp is 1.5 times as wide
as within a group, and one key may be missing."""

_ROUNDS: Final = 3
"""Of fitting the keys seen, and seeing what else fits."""

_OFF: Final = 0.25
"""A bar further than this from the pattern is no black key, in distances of white keys."""


_MIRROR: Final = 2.0
"""Keys by which a mirror has to explain the bars better: cameras seldom see through one."""


@dataclass(frozen=True)
class PatternMatch:
    """One way to see the bars as black keys.

    Attributes:
        bar: (n,) indices of the bars that fit.
        key: (n,) the keys they are.
        mirrored: Whether the keys run against the direction in which a camera above sees them.
        score: Bars that fit, less those that do not, half of the keys that should be in view, and
            something for a mirror.
    """

    bar: NDArray[np.int64]
    key: NDArray[np.int64]
    mirrored: bool
    score: float


def match_pattern(bars: BlackKeys, size: tuple[int, int]) -> list[PatternMatch]:
    """Return every way to see the bars as black keys of a piano, the best first.

    Where not the whole keyboard is in view, ways an octave apart are equally good.

    Args:
        bars: In order along the keyboard, either way.
        size: (width, height) of the image.
    """
    toward = np.median(bars.front - bars.back, axis=0)
    right = np.array([toward[1], -toward[0]])  # seen from above, by a camera and no mirror
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
    """Take the first bar of `run` for black key number `first`, and judge what follows."""
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
    """Return the most bars in a row between which no more than a bar or two can be missing."""
    gap = np.diff(place)
    near = np.minimum(np.append(gap[1:], np.inf), np.insert(gap[:-1], 0, np.inf))
    breaks = np.flatnonzero(gap > _WIDE * near) + 1
    bounds = [0, *breaks, len(place)]
    begin, end = max(pairwise(bounds), key=lambda run: run[1] - run[0])
    return slice(int(begin), int(end))


def _walk(first: int, place: Array, skip: int) -> tuple[NDArray[np.int64], float]:
    """Return the black key number of each bar (-1: none left), and how badly the gaps fit."""
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
    """Return how far back and ahead of `start` the image reaches along a direction [pixels]."""
    low, high = -np.inf, np.inf
    for at, by, end in zip(start, along, size, strict=True):
        if abs(by) > 1e-9:
            one, other = sorted(((0 - at) / by, (end - at) / by))
            low, high = max(low, one), min(high, other)
    return float(low), float(high)
