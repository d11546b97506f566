"""From video and score to a demonstration: hands, keyboard, synchronisation, fingers, in turn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.perception.calibration import Calibration, calibrate, from_corners
from pianomime.perception.hand_detector import DetectedHand, HandDetector
from pianomime.perception.hand_tracks import HandTracks
from pianomime.perception.keyboard_view import KeyboardView
from pianomime.perception.pressing_fingers import PressingFingers, pressing_fingers
from pianomime.perception.smoothing import resample
from pianomime.perception.synchronisation import (
    Synchronisation,
    SynchronisationError,
    synchronise,
)
from pianomime.perception.video_file import frames
from pianomime.score.clips import CLIP_DT_S
from pianomime.score.score import Score

Array = NDArray[np.float64]

RATE_HZ: Final = 30.0
_STILL_EVERY_S: Final = 0.5
_MOST_STILLS: Final = 40


@dataclass(frozen=True)
class Footage:
    """What was seen in a video, before anything is known of the keyboard.

    Attributes:
        time_s: (t,) of the frames [s].
        hands: (t,) lists of the hands detected in each.
        stills: Some frames in gray, (height, width) each, over the whole video.
        size: (width, height) of the images [pixels].
    """

    time_s: Array
    hands: Sequence[list[DetectedHand]]
    stills: Sequence[NDArray[np.uint8]]
    size: tuple[int, int]


@dataclass(frozen=True)
class Perceived:
    """What a video shows of a score.

    Attributes:
        view: Where the keyboard lies.
        calibration: How it was found; None where it was given by hand.
        synchronisation: Of score and video.
        fingers: Who pressed what.
        time_s: (t,) of the frames [s].
        tips_m: (t, 10, 2) fingertips in the keyboard's plane [m]; NaN where not seen.
        demonstrated_m: (steps, 10, 2) the same at the score's control steps, smoothed.
    """

    view: KeyboardView
    calibration: Calibration | None
    synchronisation: Synchronisation
    fingers: PressingFingers
    time_s: Array
    tips_m: Array
    demonstrated_m: Array


def watch(path: Path, progress: Callable[[float], None] = lambda _: None) -> Footage:
    """Detect the hands in every frame of a video, 30 a second at most.

    Args:
        path: Of the video.
        progress: Told the time in it [s].

    Raises:
        VideoError: It cannot be read.
    """
    import cv2

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
    return Footage(np.array(times), hands, stills, (image.shape[1], image.shape[0]))


def perceive(
    footage: Footage, score: Score, corners: Sequence[tuple[float, float]] | None = None
) -> Perceived:
    """Make sense of what was seen.

    Args:
        footage: From `watch`.
        score: What is played.
        corners: Of the keyboard, where it is not to be found by itself; see `from_corners`.

    Raises:
        CalibrationError: No keyboard that can be trusted.
        SynchronisationError: The hands do not play this score.
    """
    views: list[tuple[Calibration | None, KeyboardView]]
    if corners is not None:
        views = [(None, from_corners(corners, footage.size))]
    else:
        calibration = calibrate(footage.stills)
        # Where the pattern leaves the octave open, the notes decide.
        candidates = [calibration, *(calibration.shifted(keys) for keys in calibration.octaves)]
        views = [(candidate, candidate.view) for candidate in candidates]
    best: Perceived | None = None
    problem: SynchronisationError | None = None
    for source, view in views:
        try:
            found = _perceive_from(footage, score, view)
        except SynchronisationError as error:
            problem = problem or error
            continue
        found = replace(found, calibration=source)
        if best is None or found.synchronisation.agreement > best.synchronisation.agreement:
            best = found
    if best is None:
        raise problem or SynchronisationError("no view of the keyboard")
    return best


def _perceive_from(footage: Footage, score: Score, view: KeyboardView) -> Perceived:
    tracks = HandTracks(view)
    seen = [
        tracks.update(time_s, hands)
        for time_s, hands in zip(footage.time_s, footage.hands, strict=True)
    ]
    tips_m = np.array([hand.fingertip_m for hand in seen])
    synchronisation = synchronise(footage.time_s, tips_m, score)
    fingers = pressing_fingers(score, footage.time_s, tips_m, synchronisation)
    steps = int(np.ceil(score.duration_s / CLIP_DT_S))
    grid_s = synchronisation.video_s((np.arange(steps) + 1) * CLIP_DT_S)  # ends of the steps
    demonstrated_m = resample(footage.time_s, tips_m, grid_s)
    return Perceived(view, None, synchronisation, fingers, footage.time_s, tips_m, demonstrated_m)
