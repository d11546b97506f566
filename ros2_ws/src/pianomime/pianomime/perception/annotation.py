"""Annotated video: keys, fingertips and pressing fingers drawn onto the frames."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import PIANISTS_FINGERS, UNASSIGNED, pianists_side
from pianomime.perception.footage import RATE_HZ
from pianomime.perception.keyboard.real_keyboard import FRONT_X_M, HEAD_M, real_key_y
from pianomime.perception.perceive import Perceived
from pianomime.perception.video_file import frames
from pianomime.piano.geometry import BLACK_WIDTH_M, HINGE_X_M, WHITE_PITCH_M, is_black, key_y
from pianomime.score.score import Score

_GRID: Final = (200, 160, 60)
_HANDS: Final = ((80, 160, 255), (120, 255, 120))
_SURE: Final = (60, 220, 60)
_UNSURE: Final = (60, 60, 230)


def annotate(
    video: Path, score: Score, perceived: Perceived, rate_hz: float, path: Path
) -> Iterator[None]:
    """Write the video with keys, fingertips and pressing fingers; yield after each frame.

    Args:
        video: Original video.
        score: Score that is played in it.
        perceived: Results to draw.
        rate_hz: Frame rate of the footage, used for the output [Hz].
        path: Output file.
    """
    writer = None
    outlines = [_outline(perceived, key) for key in range(len(key_y()))]
    onsets_s = perceived.synchronisation.video_s(np.array([note.onset_s for note in score.notes]))
    ends_s = perceived.synchronisation.video_s(np.array([note.offset_s for note in score.notes]))
    try:
        for index, (time_s, image) in enumerate(frames(video, RATE_HZ)):
            picture = image.copy()
            cv2.polylines(picture, outlines, True, _GRID, 1, cv2.LINE_AA)
            for note in np.flatnonzero((onsets_s <= time_s) & (time_s < ends_s)):
                finger = int(perceived.fingers.finger[note])
                sure = finger != UNASSIGNED
                outline = outlines[score.notes[note].key]
                cv2.polylines(picture, [outline], True, _SURE if sure else _UNSURE, 2, cv2.LINE_AA)
                if sure:
                    place = tuple(int(c) for c in outline.mean(axis=0) - (14, 0))
                    cv2.putText(
                        picture,
                        PIANISTS_FINGERS[finger],
                        place,
                        cv2.FONT_HERSHEY_SIMPLEX,
                        0.4,
                        _SURE,
                    )
            _draw_tips(picture, perceived, index)
            height, width = (length // 2 * 2 for length in picture.shape[:2])
            if writer is None:
                writer = imageio_ffmpeg.write_frames(
                    str(path),
                    (width, height),
                    fps=rate_hz,
                    quality=6,
                    macro_block_size=2,  # the default stretches sizes that are not multiples of 16
                    ffmpeg_log_level="error",
                )
                writer.send(None)
            writer.send(np.ascontiguousarray(picture[:height, :width, ::-1]))
            yield
    finally:
        if writer is not None:
            writer.close()


def _outline(perceived: Perceived, key: int) -> NDArray[np.int32]:
    """Return the corners of a key in the image, (4, 2) [pixels]."""
    black = is_black()[key]
    half = (BLACK_WIDTH_M if black else WHITE_PITCH_M) / 2
    front = FRONT_X_M - HEAD_M if black else FRONT_X_M
    y = real_key_y()[key]
    corners = [(HINGE_X_M, y - half), (HINGE_X_M, y + half), (front, y + half), (front, y - half)]
    return np.round(perceived.view.pixels(np.array(corners))).astype(np.int32)


def _draw_tips(picture: NDArray[np.uint8], perceived: Perceived, index: int) -> None:
    for finger, tip_m in enumerate(perceived.tips_m[min(index, len(perceived.tips_m) - 1)]):
        if np.isfinite(tip_m).all():
            centre = tuple(int(c) for c in np.round(perceived.view.pixels(tip_m)))
            cv2.circle(picture, centre, 5, _HANDS[pianists_side(finger)], 2, cv2.LINE_AA)
