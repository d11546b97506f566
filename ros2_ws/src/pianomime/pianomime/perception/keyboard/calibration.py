"""Automatic calibration of the keyboard in a video: view, visible keys, and confidence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pianomime.errors import PianoMimeError
from pianomime.perception.keyboard.black_keys import BlackKeys, find_black_keys
from pianomime.perception.keyboard.key_pattern import PatternMatch, match_pattern
from pianomime.perception.keyboard.keyboard_view import KeyboardView
from pianomime.perception.keyboard.real_keyboard import FRONT_X_M, HEAD_M, real_key_y
from pianomime.perception.keyboard.view_fit import fit_view
from pianomime.piano.geometry import (
    BLACK_WIDTH_M,
    HINGE_X_M,
    N_KEYS,
    WHITE_LENGTH_M,
    WHITE_PITCH_M,
    is_black,
    key_y,
)

Array = NDArray[np.float64]

_OCTAVE: Final = 12
_AS_SURE: Final = 0.1
"""Maximum loss of confidence of an octave that remains possible."""

_LEAST_KEYS: Final = 8
_AS_GOOD: Final = 0.6
"""Minimum score, relative to the best row's, of a second row to count as another keyboard."""

_LEAST_FIT: Final = 0.75
"""Minimum share of the bars in a row that fit the pattern."""

_LEAST_CONFIDENCE: Final = 0.6
_MOST_ERROR_M: Final = 0.0008
_MOST_ERROR_PIXELS: Final = 0.6
"""Maximum median error of the keys, in m or pixels, whichever is larger; 0.4 mm on a real keyboard,
0.3 mm on drawn ones, 1 mm for a wrong assignment of keys."""

_WAYS: Final = 8
"""Number of pattern matches that are tried. In a bent, partly hidden row a wrong match may have
more keys than the right one, but its view does not fit."""


class CalibrationError(PianoMimeError):
    """No keyboard is found with sufficient confidence; the message has the reason."""


@dataclass(frozen=True)
class Calibration:
    """Calibrated keyboard.

    Attributes:
        view: View of the keyboard in the image.
        keys: (n,) detected black keys.
        error_m: (n,) distance of each key from its position in the view [m].
        confidence: Share of the black keys in view that are detected and fit, 0 .. 1.
        octaves: Offsets of `keys` for further octaves that fit the pattern.
    """

    view: KeyboardView
    keys: NDArray[np.int64]
    error_m: Array
    confidence: float
    octaves: tuple[int, ...]

    def shifted(self, keys: int) -> "Calibration":
        """Return the calibration shifted up by `keys` keys, a multiple of an octave."""
        move = np.eye(3)
        move[1, 2] = -(key_y()[self.keys[0] + keys] - key_y()[self.keys[0]])
        to_pixel = self.view.to_pixel @ move
        view = KeyboardView(to_pixel, self.view.distortion, self.view.size)
        seen = self.keys + keys
        return Calibration(view, seen, self.error_m, _confidence(view, seen), ())


def calibrate(frames: Sequence[NDArray[np.uint8]]) -> Calibration:
    """Calibrate the keyboard from grayscale frames, (height, width) each.

    The median of the frames removes moving objects such as hands and falling notes.

    Raises:
        CalibrationError: No keyboard is found with sufficient confidence.
    """
    if not frames:
        raise CalibrationError("no frames to find a keyboard in")
    gray = np.median(np.stack(frames), axis=0).astype(np.uint8)
    size = (gray.shape[1], gray.shape[0])
    rows = [(bars, match_pattern(bars, size)) for bars in find_black_keys(gray)]
    rows = [(bars, matches) for bars, matches in rows if matches]
    if not rows:
        raise CalibrationError("no row of black keys in view")
    bars, matches = max(rows, key=lambda row: row[1][0].score)
    for other, ways in rows:
        if ways[0].score > _AS_GOOD * matches[0].score and bars.is_apart_from(other):
            raise CalibrationError("two keyboards in view; select one by its corners")
    refusals = []
    for match in matches[:_WAYS]:
        try:
            return _fitted(gray, bars, match)
        except CalibrationError as error:
            refusals.append(error)
    raise refusals[0]


def _fitted(gray: NDArray[np.uint8], bars: BlackKeys, match: PatternMatch) -> Calibration:
    """Fit the view to a pattern match; raise CalibrationError if it does not fit well enough."""
    if len(match.key) < _LEAST_KEYS:
        raise CalibrationError(
            f"{len(match.key)} black keys fit a piano's pattern; at least {_LEAST_KEYS}"
        )
    if len(match.key) < _LEAST_FIT * len(bars.front):
        raise CalibrationError(
            f"{len(match.key)} of {len(bars.front)} dark bars fit a piano's pattern"
        )
    fitted = fit_view(gray, bars, match)
    if fitted is None:
        raise CalibrationError("the detected keys are not on a plane")
    view, error_m = fitted
    confidence = _confidence(view, match.key)
    if confidence < _LEAST_CONFIDENCE:
        raise CalibrationError(f"confidence {confidence:.2f}; at least {_LEAST_CONFIDENCE}")
    error, most = float(np.median(error_m)), _most_error_m(view, match.key)
    if error > most:
        raise CalibrationError(f"keys lie {error * 1e3:.1f} mm off; at most {most * 1e3:.1f} mm")
    return _in_likeliest_octave(Calibration(view, match.key, error_m, confidence, ()))


def _most_error_m(view: KeyboardView, keys: NDArray[np.int64]) -> float:
    """Return the maximum median error of `keys` [m]."""
    middle = np.median(real_key_y()[keys])
    corners = np.array([[HINGE_X_M, middle], [FRONT_X_M, middle]])
    pixel = view.pixels(corners)
    pixel_m = WHITE_LENGTH_M / float(np.hypot(*(pixel[1] - pixel[0])))
    return max(_MOST_ERROR_M, _MOST_ERROR_PIXELS * pixel_m)


def _in_likeliest_octave(found: Calibration) -> Calibration:
    """Return the calibration in the octave with the highest confidence.

    Octaves of similar confidence are listed in `octaves`. The pattern match alone is not enough,
    because it assumes a straight row, and a bent row leaves the image at another key.
    """
    lowest, highest = int(found.keys[0]), int(found.keys[-1])
    shifts = range(lowest % _OCTAVE - lowest, N_KEYS - highest, _OCTAVE)
    best, *others = sorted(map(found.shifted, shifts), key=lambda way: -way.confidence)
    near = [way for way in others if way.confidence > best.confidence - _AS_SURE]
    return replace(best, octaves=tuple(int(way.keys[0] - best.keys[0]) for way in near))


def from_corners(corners: Sequence[tuple[float, float]], size: tuple[int, int]) -> KeyboardView:
    """Compute the view from four given corners.

    Args:
        corners: Corners of the 88 keys [pixels]: back left, back right, front right, front left,
            from the player's view.
        size: (width, height) of the image [pixels].

    Raises:
        CalibrationError: The corners are not a convex quadrangle.
    """
    quadrangle = np.array(corners, np.float32)
    if not np.isfinite(quadrangle).all() or not cv2.isContourConvex(quadrangle):
        raise CalibrationError(f"corners {corners}: not a convex quadrangle")
    half = key_y()[-1] + WHITE_PITCH_M / 2
    plane = np.array([[HINGE_X_M, -half], [HINGE_X_M, half], [FRONT_X_M, half], [FRONT_X_M, -half]])
    to_pixel, _ = cv2.findHomography(plane, quadrangle)
    return KeyboardView(to_pixel, 0.0, size)


def _confidence(view: KeyboardView, seen: NDArray[np.int64]) -> float:
    """Return the share of the black keys in view that are in `seen`."""
    keys = np.flatnonzero(is_black())
    x = np.full(len(keys), FRONT_X_M - HEAD_M - BLACK_WIDTH_M)
    pixel = view.pixels(np.stack([x, real_key_y()[keys]], axis=1))
    inside = ((pixel >= 0) & (pixel < np.array(view.size))).all(axis=1)
    return float(len(seen) / max(int(inside.sum()), len(seen)))
