"""Perception pipeline: calibration, tracking, synchronisation and fingering of a video."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pianomime.perception.footage import Footage
from pianomime.perception.hand_tracks import HandTracks
from pianomime.perception.keyboard.calibration import Calibration, calibrate, from_corners
from pianomime.perception.keyboard.keyboard_view import KeyboardView
from pianomime.perception.pressing_fingers import PressingFingers, pressing_fingers
from pianomime.perception.smoothing import resample
from pianomime.perception.sound_track import refine
from pianomime.perception.synchronisation import (
    Synchronisation,
    SynchronisationError,
    synchronise,
)
from pianomime.score.clips import CLIP_TIMING
from pianomime.score.score import Score

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Perceived:
    """Results of perception.

    Attributes:
        view: View of the keyboard.
        calibration: Calibration of the view; None if the corners were given.
        synchronisation: Synchronisation of score and video.
        fingers: Fingers that pressed the notes.
        tips_m: (t, 10, 2) fingertips on the keyboard plane [m]; NaN where not detected.
        demonstrated_m: (steps, 10, 2) smoothed fingertips at the score's control steps [m].
    """

    view: KeyboardView
    calibration: Calibration | None
    synchronisation: Synchronisation
    fingers: PressingFingers
    tips_m: Array
    demonstrated_m: Array


def perceive(
    footage: Footage, score: Score, corners: Sequence[tuple[float, float]] | None = None
) -> Perceived:
    """Run the perception pipeline.

    Args:
        footage: Footage of the video.
        score: Score that is played.
        corners: Corners of the keyboard in the video's pixels, instead of calibration; see
            `from_corners`.

    Raises:
        CalibrationError: No keyboard is found with sufficient confidence.
        SynchronisationError: The hands do not play this score.
    """
    views: list[tuple[Calibration | None, KeyboardView]]
    if corners is not None:
        scaled = [(x * footage.scale, y * footage.scale) for x, y in corners]
        views = [(None, from_corners(scaled, footage.size))]
    else:
        calibration = calibrate([footage.still])
        # If the pattern leaves the octave ambiguous, the notes decide.
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
    if len(footage.onset_strength):
        synchronisation = refine(synchronisation, footage.onset_strength, score)
    fingers = pressing_fingers(score, footage.time_s, tips_m, synchronisation)
    steps = int(np.ceil(score.duration_s / CLIP_TIMING.decision_s))
    ends_s = (np.arange(steps) + 1) * CLIP_TIMING.decision_s
    grid_s = synchronisation.video_s(ends_s)
    demonstrated_m = resample(footage.time_s, tips_m, grid_s)
    return Perceived(view, None, synchronisation, fingers, tips_m, demonstrated_m)
