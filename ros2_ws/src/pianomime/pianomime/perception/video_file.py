"""Reader of video files: frames with their times."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pianomime.errors import MissingPackageError, PianoMimeError

Image = NDArray[np.uint8]

MAX_WIDTH: Final = 1280
"""Maximum image size [pixels]; larger images do not improve hand detection."""


class VideoError(PianoMimeError):
    """A file is not a video, or has no images."""


def frames(path: Path, rate_hz: float) -> Iterator[tuple[float, Image]]:
    """Yield time [s] and BGR image (height, width, 3), at most `rate_hz` per second.

    Times increase strictly, even if the file's do not. A truncated file ends where it breaks.

    Raises:
        VideoError: The file is missing, or has no images.
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
    """Return the approximate duration of a video [s]; 0 if unknown."""
    cv2 = opencv()
    capture = cv2.VideoCapture(str(path))
    fps, count = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
    capture.release()
    return max(0.0, count / fps) if fps > 0 else 0.0


def scale(path: Path) -> float:
    """Return the factor by which the images of a video are scaled down."""
    cv2 = opencv()
    capture = cv2.VideoCapture(str(path))
    size = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
    capture.release()
    return min(1.0, MAX_WIDTH / max(1.0, *map(float, size)))


def next_time_s(capture: Any, last_s: float) -> float:
    """Return the time of the grabbed frame [s]; always after `last_s`."""
    cv2 = opencv()
    time_s = float(capture.get(cv2.CAP_PROP_POS_MSEC)) / 1e3
    period_s = 1 / max(float(capture.get(cv2.CAP_PROP_FPS)), 1.0)
    return time_s if max(last_s, -1.0) < time_s else max(last_s, -period_s) + period_s


def opencv() -> Any:
    """Import and return OpenCV.

    Raises:
        MissingPackageError: OpenCV is not installed.
    """
    try:
        import cv2
    except ImportError:
        raise MissingPackageError("OpenCV", "perception") from None
    return cv2


def smaller(image: Image) -> Image:
    """Scale an image down to at most `MAX_WIDTH` pixels in width and height."""
    cv2 = opencv()
    longest = max(image.shape[:2])
    if longest <= MAX_WIDTH:
        return image
    factor = MAX_WIDTH / longest
    return np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))
