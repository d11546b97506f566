"""Detected hands and background of a video; slow to compute, therefore stored in a file."""

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.errors import OutputError, PianoMimeError
from pianomime.perception.hand_detector import N_LANDMARKS, DetectedHand, HandDetector
from pianomime.perception.sound_track import onset_strength
from pianomime.perception.video_file import frames, opencv, scale

RATE_HZ: Final = 30.0
_STILL_EVERY_S: Final = 0.5
_MOST_STILLS: Final = 40
_HANDS: Final = 2
_LABELS: Final = ("left", "right")


@dataclass(frozen=True)
class Footage:
    """Detections of a video, independent of the keyboard's calibration.

    Attributes:
        time_s: (t,) times of the frames [s].
        hands: (t,) lists of the hands detected in each frame.
        still: (height, width) median of frames over the whole video, grayscale.
        onset_strength: Onset strength of the sound, see `sound_track`; empty without sound.
        scale: Size of the processed images relative to the video's.
        video: Name of the video file.
    """

    time_s: NDArray[np.float64]
    hands: Sequence[list[DetectedHand]]
    still: NDArray[np.uint8]
    onset_strength: NDArray[np.float64]
    scale: float
    video: str

    @property
    def rate_hz(self) -> float:
        """Mean frame rate [Hz]."""
        if len(self.time_s) < 2:
            return RATE_HZ
        return float((len(self.time_s) - 1) / (self.time_s[-1] - self.time_s[0]))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the images [pixels]."""
        return self.still.shape[1], self.still.shape[0]


def watch(path: Path, progress: Callable[[float], None] = lambda _: None) -> Footage:
    """Detect the hands in a video at no more than 30 frames per second.

    Args:
        path: Video file.
        progress: Called with the time in the video [s].

    Raises:
        VideoError: The video cannot be read.
    """
    cv2 = opencv()
    times: list[float] = []
    hands: list[list[DetectedHand]] = []
    stills: list[NDArray[np.uint8]] = []
    every_s, still_due_s = _STILL_EVERY_S, -np.inf
    detector = HandDetector()
    try:
        for time_s, image in frames(path, RATE_HZ):
            times.append(time_s)
            hands.append(detector.detect(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)))
            if time_s >= still_due_s:
                still_due_s = time_s + every_s
                stills.append(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8))
                if len(stills) >= _MOST_STILLS:
                    stills, every_s = stills[::2], 2 * every_s
            progress(time_s)
    finally:
        detector.close()
    still = np.median(np.stack(stills), axis=0).astype(np.uint8)
    strength = onset_strength(path)
    strength = np.zeros(0) if strength is None else strength
    return Footage(np.array(times), hands, still, strength, scale(path), path.name)


def save_footage(footage: Footage, path: Path) -> None:
    """Write footage to a file.

    Raises:
        OutputError: The file cannot be written.
    """
    shape = (len(footage.time_s), _HANDS)
    landmarks = np.full((*shape, N_LANDMARKS, 2), np.nan, np.float32)
    score, label = np.zeros(shape), np.zeros(shape, np.int64)
    for t, hands in enumerate(footage.hands):
        for i, hand in enumerate(hands[:_HANDS]):
            landmarks[t, i], score[t, i] = hand.landmarks, hand.score
            label[t, i] = _LABELS.index(hand.label)
    partial = path.with_suffix(".partial.npz")
    try:
        np.savez_compressed(
            partial,
            time_s=footage.time_s,
            landmarks=landmarks,
            score=score,
            label=label,
            still=footage.still,
            onset_strength=footage.onset_strength,
            scale=footage.scale,
            video=np.array(footage.video),
        )
        partial.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error})") from None


def load_footage(path: Path) -> Footage:
    """Read a file of `save_footage`, without executing code from it.

    Raises:
        PianoMimeError: The file is not footage.
    """
    try:
        with np.load(path, allow_pickle=False) as data:
            time_s, still, strength = data["time_s"], data["still"], data["onset_strength"]
            landmarks, score, label = data["landmarks"], data["score"], data["label"]
            factor, video = float(data["scale"]), str(data["video"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise PianoMimeError(f"{path}: not a file of footage ({error})") from None
    hands = [
        [
            DetectedHand(landmarks[t, i].astype(float), float(score[t, i]), _LABELS[label[t, i]])
            for i in range(_HANDS)
            if np.isfinite(landmarks[t, i]).all()
        ]
        for t in range(len(time_s))
    ]
    return Footage(time_s, hands, still, strength, factor, video)
