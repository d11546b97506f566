"""`pianomime perceive` with what is no good video: one line why, and nothing lost."""

import wave
from functools import cache

import cv2
import numpy as np
import pytest

from pianomime.perception.footage import load_footage
from pianomime.perception.keyboard.keyboard_picture import Camera, draw_keyboard


def write_video(path, images, rate_hz=10.0, code="mp4v"):
    height, width = images[0].shape
    fourcc = cv2.VideoWriter_fourcc(*code)
    writer = cv2.VideoWriter(str(path), fourcc, rate_hz, (width, height))
    for image in images:
        writer.write(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR))
    writer.release()


@cache
def keyboard(size=(1280, 720)):
    focal = 0.75 if size[0] > size[1] else 0.6
    view = Camera(size=size, focal=focal).view()
    return [draw_keyboard(view, 1.0, 0.1, seed) for seed in range(3)]


def large():
    return [cv2.resize(image, (3840, 2160)) for image in keyboard()[:2]]


NO_FINGER = "no finger is over the keyboard"
PERCEIVE = ("perceive", "video.mp4", "--midi", "twinkle", "-o", "demo")
BAD = {
    "one_a_second": (keyboard, 1.0, NO_FINGER),
    "small": (lambda: keyboard((720, 1280)), 10.0, "confidence 0."),
    "large": (large, 10.0, NO_FINGER),
}


@pytest.mark.parametrize("case", BAD)
def test_a_video_without_a_pianist_is_refused_and_kept(cli, tmp_path, case):
    images, rate_hz, reason = BAD[case]
    write_video(tmp_path / "video.mp4", images(), rate_hz)
    status, _, error = cli.run(*PERCEIVE)
    assert status == 2
    assert f"pianomime: {reason}" in error
    assert len(error.splitlines()) == 2, "where it is kept, and why"
    assert (tmp_path / "demo/footage.npz").exists()


def test_a_second_try_needs_no_video(cli, tmp_path):
    write_video(tmp_path / "video.mp4", [np.zeros((720, 1280), np.uint8)] * 5)
    status, _, error = cli.run(*PERCEIVE)
    assert status == 2
    assert "pianomime: no row of black keys" in error
    (tmp_path / "video.mp4").unlink()
    status, _, error = cli.run(*PERCEIVE, "--corners", "0,200,1280,200,1280,400,0,400")
    assert status == 2
    assert NO_FINGER in error


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["none.mp4", "--midi", "twinkle"], "none.mp4: no such file"),
        (["text.mp4", "--midi", "twinkle"], "text.mp4: no pictures in it"),
        (["sound.wav", "--midi", "twinkle"], "sound.wav: no pictures in it"),
        (["text.mp4", "--midi", "no_such_piece"], "no piece 'no_such_piece'"),
        (["text.mp4", "--midi", "twinkle", "--corners", "1,2,3"], "must be 8 numbers"),
    ],
    ids=["no_video", "no_pictures", "only_sound", "no_score", "corners"],
)
def test_bad_arguments_leave_nothing_behind(refuse, tmp_path, arguments, reason):
    (tmp_path / "text.mp4").write_text("no video")
    with wave.open(str(tmp_path / "sound.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16000))
    assert reason in refuse("perceive", *arguments, "-o", "demo")


def test_a_truncated_video_is_used_as_far_as_it_goes(cli, tmp_path):
    write_video(tmp_path / "whole.avi", keyboard() * 7, code="MJPG")
    content = (tmp_path / "whole.avi").read_bytes()
    (tmp_path / "video.avi").write_bytes(content[: len(content) // 2])
    status, _, error = cli.run("perceive", "video.avi", "--midi", "twinkle", "-o", "demo")
    assert status == 2
    assert f"pianomime: {NO_FINGER}" in error
    assert 5 < len(load_footage(tmp_path / "demo/footage.npz").time_s) < 15


def test_a_video_that_lost_its_index_is_refused(refuse, tmp_path):
    write_video(tmp_path / "whole.mp4", keyboard())
    content = (tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "video.mp4").write_bytes(content[: len(content) // 2])
    error = refuse(*PERCEIVE)
    assert error.endswith("pianomime: video.mp4: no pictures in it\n"), "after FFmpeg's own words"
