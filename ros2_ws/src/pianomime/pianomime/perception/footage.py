"""What is seen in a video before the keyboard is known; the slow part, so it is kept."""

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
    """Hands over time, and the scene without them.

    Attributes:
        time_s: (t,) of the frames [s].
        hands: (t,) lists of the hands detected in each.
        still: (height, width) median of frames over the whole video, in gray.
        onset_strength: Of its sound, see `sound_track`; empty where it has none.
        scale: Size of the images looked at, over that of the video's.
        video: Its file's name.
    """

    time_s: NDArray[np.float64]
    hands: Sequence[list[DetectedHand]]
    still: NDArray[np.uint8]
    onset_strength: NDArray[np.float64]
    scale: float
    video: str

    @property
    def rate_hz(self) -> float:
        """Return how many images a second there are in the mean."""
        if len(self.time_s) < 2:
            return RATE_HZ
        return float((len(self.time_s) - 1) / (self.time_s[-1] - self.time_s[0]))

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height of the images [pixels]."""
        return self.still.shape[1], self.still.shape[0]


def watch(path: Path, progress: Callable[[float], None] = lambda _: None) -> Footage:
    """Detect the hands in every frame of a video, 30 a second at most.

    Args:
        path: Of the video.
        progress: Told the time in it [s].

    Raises:
        VideoError: It cannot be read.
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
    """Write a file.

    Raises:
        OutputError: It cannot be written.
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
    """Read a file of `save_footage`; nothing in it is executed.

    Raises:
        PianoMimeError: It is not such a file.
    """
    try:
        with np.load(path, allow_pickle=False) as data:
            time_s, still, strength = data["time_s"], data["still"], data["onset_strength"]
            landmarks, score, label = data["landmarks"], data["score"], data["label"]
            factor, video = float(data["scale"]), str(data["video"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise PianoMimeError(f"{path}: not what was seen of a video ({error})") from None
    hands = [
        [
            DetectedHand(landmarks[t, i].astype(float), float(score[t, i]), _LABELS[label[t, i]])
            for i in range(_HANDS)
            if np.isfinite(landmarks[t, i]).all()
        ]
        for t in range(len(time_s))
    ]
    return Footage(time_s, hands, still, strength, factor, video)
