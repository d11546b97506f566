"""Fit of the keyboard view to detected keys."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from pianomime.perception.keyboard.black_keys import BlackKeys
from pianomime.perception.keyboard.key_pattern import PatternMatch
from pianomime.perception.keyboard.keyboard_view import KeyboardView
from pianomime.perception.keyboard.real_keyboard import FRONT_X_M, HEAD_M, real_key_y
from pianomime.piano.geometry import HINGE_X_M

Array = NDArray[np.float64]

_FINE: Final = 0.25
"""Sampling step of the edge search [pixels]."""


def fit_view(
    gray: NDArray[np.uint8], bars: BlackKeys, match: PatternMatch
) -> tuple[KeyboardView, Array] | None:
    """Fit the view to the front ends of the black keys and the front edge of the white keys.

    Args:
        gray: (height, width) brightness.
        bars: Detected bars.
        match: Assignment of bars to black keys.

    Returns:
        The view, and the distance of each key from its position in the view, (n,) [m]; None if
        the keys are not on a plane.
    """
    size = (gray.shape[1], gray.shape[0])
    front, back, y = bars.front[match.bar], bars.back[match.bar], real_key_y()[match.key]
    exact, edge = _edges(gray, front, back)
    front = np.where(np.isnan(exact), front, exact)
    have = ~np.isnan(edge[:, 0])
    pixel = np.concatenate([front, edge[have]])
    head = np.concatenate([np.ones(len(front)), np.zeros(have.sum())])
    place = np.stack([FRONT_X_M - head * HEAD_M, np.concatenate([y, y[have]])], axis=1)
    if have.sum() < 4:  # the front edge is out of view: use the back ends of the black keys
        pixel = np.concatenate([front, back])
        back_place = np.stack([np.full_like(y, HINGE_X_M), y], axis=1)
        place = np.concatenate([place[: len(front)], back_place])
    start, _ = cv2.findHomography(place, pixel, cv2.RANSAC, 3.0)
    if start is None:
        return None
    pixel_m = np.sqrt(abs(np.linalg.det(start)))  # approximate pixels per metre

    def view_of(unknown: Array) -> KeyboardView:
        return KeyboardView(np.append(unknown[:8], 1.0).reshape(3, 3), float(unknown[8]), size)

    def residual(unknown: Array) -> Array:
        off = (view_of(unknown).pixels(place) - pixel) / pixel_m * 1e3  # approximately mm
        return np.append(off.ravel(), unknown[8] * 20)  # weak prior on zero distortion

    found = least_squares(
        residual, np.append((start / start[2, 2]).ravel()[:8], 0.0), x_scale="jac", loss="soft_l1"
    )
    view = view_of(found.x)
    front_place = np.stack([np.full_like(y, FRONT_X_M - HEAD_M), y], axis=1)
    return view, np.linalg.norm(view.places(front) - front_place, axis=1)


def _edges(gray: NDArray[np.uint8], front: Array, back: Array) -> tuple[Array, Array]:
    """Locate the front ends of each black key and of the white key before it, (n, 2) [pixels] each.

    Subpixel accuracy; NaN where an end is not in view.
    """
    black, white = np.full_like(front, np.nan), np.full_like(front, np.nan)
    for i, (near, far) in enumerate(zip(front, back, strict=True)):
        length = np.hypot(*(near - far))
        step = (near - far) / length
        reach = np.arange(-0.3 * length, 0.9 * length, _FINE)
        points = near + reach[:, None] * step
        inside = ((points >= 0) & (points < np.array(gray.shape[::-1]) - 1)).all(axis=1)
        points, reach = points[inside], reach[inside]
        before = reach < -0.1 * length
        ahead = (reach > 0.1 * length) & (reach < 0.3 * length)
        beyond = reach > 0.75 * length
        if not before.any() or not ahead.any():
            continue
        shade = cv2.remap(gray, points[None].astype(np.float32), None, cv2.INTER_LINEAR)[0]
        dark, bright = np.median(shade[before]), np.median(shade[ahead])
        rises = np.flatnonzero(shade > (dark + bright) / 2)
        rises = rises[reach[rises] > -0.1 * length]
        if len(rises):
            black[i] = points[rises[0]]
        if beyond.any():
            falls = np.flatnonzero(shade < (bright + np.median(shade[beyond])) / 2)
            falls = falls[reach[falls] > 0.3 * length]
            if len(falls) and np.median(shade[beyond]) < 0.7 * bright:
                white[i] = points[falls[0]]
    return black, white
