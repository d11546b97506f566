"""Detection of black keys in an image: a row of similar dark bars on bright ground."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_DARK: Final = 0.5
"""Maximum brightness of a black key, relative to the brightest pixel nearby."""

_SIZES: Final = (0.012, 0.02, 0.035)
"""Candidate widths of black keys, as shares of the image's longer side."""

_FEWEST: Final = 5

_ASPECT: Final = (3.0, 16.0)
"""Range of length over width of a black key in an image; 9 from straight above."""

_LIT: Final = 0.3
"""Minimum brightness of white keys, relative to the brightest in the image."""


@dataclass(frozen=True)
class BlackKeys:
    """Detected bars that may be black keys, in order along the keyboard.

    Attributes:
        front: (n, 2) centres of the ends towards the player [pixels].
        back: (n, 2) centres of the other ends [pixels].
        width: (n,) widths [pixels].
    """

    front: Array
    back: Array
    width: Array

    def is_apart_from(self, other: "BlackKeys") -> bool:
        """Return whether two rows are further apart than the length of their keys."""
        middle = [((row.front + row.back) / 2).mean(axis=0) for row in (self, other)]
        toward = np.median(self.front - self.back, axis=0)
        length = float(np.hypot(*toward))
        return bool(abs((middle[1] - middle[0]) @ toward / length) > length)


def find_black_keys(gray: NDArray[np.uint8]) -> list[BlackKeys]:
    """Return rows of bars that may be the black keys in an image (height, width).

    Returns up to two rows, the longest ones, for each candidate width.
    """
    found = []
    for size in _SIZES:
        bars = _bars(gray, round(max(gray.shape) * size) | 1)
        for _ in range(2):
            row = _best_row(bars)
            if len(row) < _FEWEST:
                break
            found.append(_in_order(gray, bars[row]))
            bars = np.delete(bars, row, axis=0)
    return found


def _in_order(gray: NDArray[np.uint8], bars: Array) -> BlackKeys:
    ends, width = bars[:, :4].reshape(-1, 2, 2), bars[:, 4]
    along = _direction(ends.mean(axis=1))
    order = np.argsort(ends.mean(axis=1) @ along)
    ends, width = ends[order], width[order]
    across = np.array([-along[1], along[0]])
    swap = (ends[:, 1] - ends[:, 0]) @ across < 0
    ends[swap] = ends[swap][:, ::-1]
    # White keys lie beyond the front ends, the dark case beyond the back ends.
    one = _brightness_beyond(gray, ends[:, 0], ends[:, 1])
    other = _brightness_beyond(gray, ends[:, 1], ends[:, 0])
    front, back = (ends[:, 1], ends[:, 0]) if one > other else (ends[:, 0], ends[:, 1])
    return BlackKeys(front, back, width)


def _bars(gray: NDArray[np.uint8], size: int) -> Array:
    """Return dark bars narrower than `size` [pixels] on bright ground: two ends and width, (n, 5).

    A morphological closing of that size removes the black keys from the bright ground, with a
    straight back edge even where the case behind it is equally dark.
    """
    around = cv2.dilate(cv2.blur(gray, (3, 3)), np.ones((2 * size, 2 * size), np.uint8))
    lit = around > _LIT * np.quantile(around, 0.99)
    bright = ((gray > _DARK * around) & lit).astype(np.uint8)
    filled = cv2.morphologyEx(bright, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
    dark = cv2.morphologyEx(filled & ~bright & 1, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    contours, _ = cv2.findContours(dark, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        area = cv2.contourArea(contour)
        (cx, cy), (w, h), angle = cv2.minAreaRect(contour)
        width, length = min(w, h), max(w, h)
        if width < 3 or not _ASPECT[0] < length / width < _ASPECT[1]:
            continue
        if area < 0.6 * width * length:
            continue
        turn = np.deg2rad(angle if w > h else angle + 90)
        half = 0.5 * length * np.array([np.cos(turn), np.sin(turn)])
        found.append([cx - half[0], cy - half[1], cx + half[0], cy + half[1], area / length])
    return np.array(found).reshape(-1, 5)


def _best_row(bars: Array) -> NDArray[np.int64]:
    """Return the indices of the longest row of similar bars whose centres lie on a line."""
    first, second = bars[:, :2], bars[:, 2:4]
    middle = (first + second) / 2
    length = np.linalg.norm(second - first, axis=1)
    best = np.zeros(0, np.int64)
    for i in range(len(bars)):
        alike = np.abs(np.log(length / length[i])) < 0.4
        for j in np.flatnonzero(alike):
            way = middle[j] - middle[i]
            distance = np.hypot(*way)
            if j <= i or distance < 3 * bars[i, 4]:
                continue
            normal = np.array([-way[1], way[0]]) / distance
            upright = np.abs((second[i] - first[i]) @ normal) > 0.8 * length[i]
            off = np.abs((middle - middle[i]) @ normal)
            row = np.flatnonzero(alike & (off < 0.12 * length))
            if upright and len(row) > len(best):
                best = row
    return best


def _direction(points: Array) -> Array:
    _, _, axes = np.linalg.svd(points - points.mean(axis=0))
    along = axes[0]
    return np.asarray(along if along[np.argmax(np.abs(along))] > 0 else -along)


def _brightness_beyond(gray: NDArray[np.uint8], start: Array, end: Array) -> float:
    """Return the median brightness at a quarter of the key length beyond `end`."""
    beyond = np.round(end + 0.25 * (end - start)).astype(int)
    inside = ((beyond >= 0) & (beyond < gray.shape[::-1])).all(axis=1)
    return float(np.median(gray[beyond[inside, 1], beyond[inside, 0]])) if inside.any() else 0.0
