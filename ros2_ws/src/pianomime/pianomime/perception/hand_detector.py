"""Hand detection with MediaPipe and the models in its wheel."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pianomime.errors import MissingPackageError

Array = NDArray[np.float64]

N_LANDMARKS: Final = 21
WRIST: Final = 0
FINGERTIPS: Final = (4, 8, 12, 16, 20)
"""MediaPipe's landmark indices of the fingertips, thumb to little finger."""


@dataclass(frozen=True)
class DetectedHand:
    """A hand detected in an image.

    Attributes:
        landmarks: (21, 2) landmarks in MediaPipe's order [pixels].
        score: Confidence of the label, 0 .. 1.
        label: "left" or "right" according to the detector; unreliable.
    """

    landmarks: Array
    score: float
    label: str


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the models' start-up messages, which C++ code writes directly to stderr."""
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


class HandDetector:
    """MediaPipe's hand model, applied to consecutive images of a video."""

    def __init__(self) -> None:
        """Load the models.

        Raises:
            PianoMimeError: MediaPipe is not installed.
        """
        try:
            import mediapipe
        except ImportError:
            raise MissingPackageError("mediapipe", "perception") from None
        with _quiet():
            self._hands: Any = mediapipe.solutions.hands.Hands(
                max_num_hands=2, min_detection_confidence=0.5, min_tracking_confidence=0.5
            )
            self._hands.process(np.zeros((64, 64, 3), np.uint8))  # starts the threads

    def detect(self, rgb: NDArray[np.uint8]) -> list[DetectedHand]:
        """Detect at most two hands in an RGB image (height, width, 3)."""
        found = self._hands.process(rgb)
        size = np.array([rgb.shape[1], rgb.shape[0]])
        return [
            DetectedHand(
                np.array([(point.x, point.y) for point in hand.landmark]) * size,
                float(side.classification[0].score),
                # The model assumes a mirrored selfie image; here the hands are seen from above.
                {"Left": "right", "Right": "left"}[side.classification[0].label],
            )
            for hand, side in zip(
                found.multi_hand_landmarks or [], found.multi_handedness or [], strict=True
            )
        ]

    def close(self) -> None:
        """Free the models."""
        self._hands.close()
