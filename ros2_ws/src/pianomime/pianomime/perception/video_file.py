"""Read a video, frame by frame, each with its time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pianomime.errors import MissingPackageError, PianoMimeError

Image = NDArray[np.uint8]

MAX_WIDTH: Final = 1280
"""Larger images are made smaller: the hand model sees no more in them."""


class VideoError(PianoMimeError):
    """Not a video, or none with pictures."""


def frames(path: Path, rate_hz: float) -> Iterator[tuple[float, Image]]:
    """Yield time [s] and image (height, width, 3; blue, green, red), at most `rate_hz` a second.

    Times rise strictly, whatever the file says. A file that breaks off ends there.

    Raises:
        VideoError: There is nothing to see in it.
    """
    capture = opencv().VideoCapture(str(path))
    last_s, due_s, count = -1.0, -np.inf, 0
    try:
        while capture.grab():
            time_s = last_s = next_time_s(capture, last_s)
            if time_s < due_s - 1e-3:
                continue
            readable, image = capture.retrieve()
            if not readable:
                continue
            due_s = max(due_s + 1 / rate_hz, time_s)
            count += 1
            yield time_s, smaller(image)
    finally:
        capture.release()
    if count == 0:
        raise VideoError(f"{path}: {'no pictures in it' if path.exists() else 'no such file'}")


def duration_s(path: Path) -> float:
    """Return about how long the video is [s]; 0 if unknown."""
    cv2 = opencv()
    capture = cv2.VideoCapture(str(path))
    fps, count = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
    capture.release()
    return max(0.0, count / fps) if fps > 0 else 0.0


def scale(path: Path) -> float:
    """Return the factor by which the images of a video are made smaller."""
    cv2 = opencv()
    capture = cv2.VideoCapture(str(path))
    size = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
    capture.release()
    return min(1.0, MAX_WIDTH / max(1.0, *map(float, size)))


def next_time_s(capture: Any, last_s: float) -> float:
    """Return the time of the frame just grabbed [s]; after `last_s`, whatever the file says."""
    cv2 = opencv()
    time_s = float(capture.get(cv2.CAP_PROP_POS_MSEC)) / 1e3
    period_s = 1 / max(float(capture.get(cv2.CAP_PROP_FPS)), 1.0)
    return time_s if max(last_s, -1.0) < time_s else max(last_s, -period_s) + period_s


def opencv() -> Any:
    """Return OpenCV.

    Raises:
        MissingPackageError: It is not installed.
    """
    try:
        import cv2
    except ImportError:
        raise MissingPackageError("OpenCV", "perception") from None
    return cv2


def smaller(image: Image) -> Image:
    """Return the image, at most `MAX_WIDTH` pixels wide or high."""
    cv2 = opencv()
    longest = max(image.shape[:2])
    if longest <= MAX_WIDTH:
        return image
    factor = MAX_WIDTH / longest
    return np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))
