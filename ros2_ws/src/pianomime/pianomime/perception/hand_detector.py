"""Hands in single images: MediaPipe's landmarks, with the models that its wheel carries."""

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
"""MediaPipe's numbers of the fingertips, thumb to little."""


@dataclass(frozen=True)
class DetectedHand:
    """One hand in one image.

    Attributes:
        landmarks: (21, 2) pixels, in MediaPipe's order.
        score: 0 .. 1, how sure the detector is of which hand it is.
        label: "left" or "right", as the detector has it, which errs.
    """

    landmarks: Array
    score: float
    label: str


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the models' start-up chatter, written from C++ past any logging, off the terminal."""
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
    """MediaPipe's hand model over consecutive images of one video."""

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
        """Return the hands, two at most, in an image (height, width, 3)."""
        found = self._hands.process(rgb)
        size = np.array([rgb.shape[1], rgb.shape[0]])
        return [
            DetectedHand(
                np.array([(point.x, point.y) for point in hand.landmark]) * size,
                float(side.classification[0].score),
                # The model takes images for a selfie camera's; here the hand is seen from its back.
                {"Left": "right", "Right": "left"}[side.classification[0].label],
            )
            for hand, side in zip(
                found.multi_hand_landmarks or [], found.multi_handedness or [], strict=True
            )
        ]

    def close(self) -> None:
        """Free the models."""
        self._hands.close()
