"""Read a video, frame by frame, each with its time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.errors import PianoMimeError

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
    import cv2

    capture = cv2.VideoCapture(str(path))
    fps = capture.get(cv2.CAP_PROP_FPS)
    last_s, due_s, count = -np.inf, -np.inf, 0
    try:
        while capture.grab():
            time_s = capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3
            if time_s <= last_s:
                time_s = last_s + 1 / max(fps, 1.0)
            last_s = time_s
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
    import cv2

    capture = cv2.VideoCapture(str(path))
    fps, count = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
    capture.release()
    return max(0.0, count / fps) if fps > 0 else 0.0


def smaller(image: Image) -> Image:
    """Return the image, at most `MAX_WIDTH` pixels wide or high."""
    import cv2

    longest = max(image.shape[:2])
    if longest <= MAX_WIDTH:
        return image
    factor = MAX_WIDTH / longest
    return np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))
