"""Reading a video, and drawing what was perceived on it."""

import cv2
import numpy as np
import pytest

from pianomime.hands.fingers import N_PIANISTS_FINGERS
from pianomime.perception.annotation import annotate
from pianomime.perception.footage import Footage
from pianomime.perception.keyboard.keyboard_picture import Camera
from pianomime.perception.perceive import Perceived
from pianomime.perception.pressing_fingers import PressingFingers
from pianomime.perception.synchronisation import (
    Synchronisation,
)
from pianomime.perception.video_file import VideoError, frames
from pianomime.score.score import Note, Score


@pytest.mark.parametrize("content", [b"", b"no video at all" * 100], ids=["empty", "text"])
def test_what_is_no_video_is_refused(tmp_path, content):
    path = tmp_path / "video.mp4"
    path.write_bytes(content)
    with pytest.raises(VideoError, match="no pictures"):
        next(frames(path, 30.0))


@pytest.mark.parametrize("rate_hz", [10.0, 50.0])
def test_an_annotated_video_takes_as_long_as_the_video(tmp_path, rate_hz):
    view, count = Camera(size=(320, 180)).view(), int(2 * rate_hz)
    film = cv2.VideoWriter(
        str(tmp_path / "a.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), rate_hz, (320, 180)
    )
    for _ in range(count):
        film.write(np.full((180, 320, 3), 200, np.uint8))
    film.release()
    time_s = np.array([time_s for time_s, _ in frames(tmp_path / "a.mp4", 30.0)])
    footage = Footage(
        time_s, [[]] * len(time_s), np.zeros((180, 320), np.uint8), np.zeros(0), 1.0, "a.mp4"
    )
    score = Score.from_notes("a", [Note(0.5, 1.0, 40)])
    perceived = Perceived(
        view,
        None,
        Synchronisation(0.0, 0.0, 1.0, 1.0),
        PressingFingers(np.array([6]), np.ones(1)),
        np.full((len(time_s), N_PIANISTS_FINGERS, 2), np.nan),
        np.zeros((0, N_PIANISTS_FINGERS, 2)),
    )
    to = tmp_path / "annotated.mp4"
    written = list(annotate(tmp_path / "a.mp4", score, perceived, footage.rate_hz, to))
    drawn = list(frames(to, 60.0))
    assert len(written) == len(drawn) == len(time_s)
    assert drawn[-1][0] == pytest.approx(time_s[-1], abs=0.04)
    assert drawn[0][1].shape == (180, 320, 3)
    green = [
        image[..., 1] - np.maximum(image[..., 0], image[..., 2]).astype(int) for _, image in drawn
    ]
    marked = [bool((over > 60).any()) for over in green]
    assert marked == [0.5 <= t < 1.0 for t in time_s], "the note's key is green while it sounds"
