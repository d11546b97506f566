"""Synchronisation of video and score, and the fingers that press keys."""

import wave

import imageio_ffmpeg
import numpy as np
import pytest

from pianomime.fingering.fingering import assign_fingers
from pianomime.hands.embodiment import embodiment
from pianomime.hands.fingers import N_PIANISTS_FINGERS
from pianomime.perception.keyboard.real_keyboard import real_key_y
from pianomime.perception.pressing_fingers import pressing_fingers
from pianomime.perception.smoothing import OneEuro, resample
from pianomime.perception.sound_track import onset_strength, refine
from pianomime.perception.synchronisation import (
    Synchronisation,
    SynchronisationError,
    synchronise,
)
from pianomime.piano.geometry import is_black
from pianomime.score.clips import CLIP_TIMING
from pianomime.score.score import Note, Score

SHADOW = embodiment("pianomime")

OFFSET_S = 1.37


def song(seed=0, notes=60):
    rng = np.random.default_rng(seed)
    right = [
        Note(i * 0.25, i * 0.25 + 0.23, int(k)) for i, k in enumerate(rng.integers(44, 60, notes))
    ]
    left = [
        Note(i * 0.5, i * 0.5 + 0.4, int(k)) for i, k in enumerate(rng.integers(20, 36, notes // 2))
    ]
    score = Score.from_notes("song", right + left)
    return assign_fingers(score, CLIP_TIMING, SHADOW)


def human(score, offset_s=OFFSET_S):
    """Return times and fingertips of somebody who plays it, seen at 30 Hz with 2 mm of noise."""
    time_s = np.arange(0, score.duration_s + 2 * offset_s, 1 / 30)
    tips = np.full((len(time_s), N_PIANISTS_FINGERS, 2), np.nan)
    rest_y = np.concatenate([np.linspace(-0.1, -0.3, 5), np.linspace(0.1, 0.3, 5)])
    for finger in range(N_PIANISTS_FINGERS):
        mine = [note for note in score.notes if note.finger == finger]
        knots = [(0.0, 0.08, rest_y[finger])]
        for note in mine:
            x = 0.0 if is_black()[note.key] else 0.05
            y = real_key_y()[note.key]
            knots += [(note.onset_s + offset_s - 0.03, x, y), (note.offset_s + offset_s, x, y)]
        knots.sort()
        at, x, y = np.array(knots).T
        tips[:, finger] = np.stack([np.interp(time_s, at, x), np.interp(time_s, at, y)], axis=1)
    return time_s, tips + np.random.default_rng(1).normal(0, 0.002, tips.shape)


def test_the_offset_between_video_and_score_is_found():
    score = song()
    found = synchronise(*human(score), score)
    assert found.offset_s == pytest.approx(OFFSET_S, abs=0.05)
    assert found.drift == 0.0


def test_a_clock_that_drifts_is_measured():
    score = song(notes=160)
    time_s, tips = human(score)
    found = synchronise(time_s * 1.01, tips, score)
    assert found.drift == pytest.approx(0.01, abs=0.004)


def test_the_score_of_another_song_is_refused():
    time_s, tips = human(song())
    with pytest.raises(SynchronisationError, match="is it the MIDI file of this video"):
        synchronise(time_s, tips, song(seed=9))


def test_few_images_and_unseen_hands_are_refused():
    time_s, tips = human(song())
    with pytest.raises(SynchronisationError, match=r"1\.0 images a second; at least 5 are needed"):
        synchronise(time_s[::30], tips[::30], song())
    tips[:, :5] = np.nan
    with pytest.raises(SynchronisationError, match="the left hand was never seen"):
        synchronise(time_s, tips, song())


def test_no_hands_at_all_are_refused():
    time_s, tips = human(song())
    with pytest.raises(SynchronisationError, match="no finger"):
        synchronise(time_s, np.full_like(tips, np.nan), song())


def test_the_fingers_that_press_are_seen():
    score = song()
    found = pressing_fingers(score, *human(score), Synchronisation(OFFSET_S, 0.0, 1.0, 1.0))
    wanted = np.array([note.finger for note in score.notes])
    known = wanted >= 0
    assert (found.finger == wanted)[known].mean() > 0.95
    assert found.confidence[found.finger == wanted].mean() > 0.9


def test_notes_of_an_unseen_hand_have_no_finger():
    score = song()
    time_s, tips = human(score)
    tips[:, 5:] = np.nan
    found = pressing_fingers(score, time_s, tips, Synchronisation(OFFSET_S, 0.0, 1.0, 1.0))
    right = np.array([note.finger >= 5 for note in score.notes])
    assert (found.finger[right] < 0).mean() > 0.9


def two_at_a_key(off_mm, speed_m_s=(0.0, 0.0), thumb_key=40):
    """Return who played an octave above the thumb: its middle or its little finger, so far off."""
    key = thumb_key + 12
    score = Score.from_notes("octave", [Note(0.5, 1.0, thumb_key), Note(0.5, 1.0, key)])
    time_s = np.arange(0, 2, 1 / 30)
    tips = np.full((len(time_s), N_PIANISTS_FINGERS, 2), np.nan)
    tips[:, 5] = 0.05, real_key_y()[thumb_key]
    for finger, off, speed in zip((7, 9), off_mm, speed_m_s, strict=True):
        tips[:, finger, 0] = 0.05
        tips[:, finger, 1] = real_key_y()[key] + off / 1000 + speed * (time_s - 0.545)
    found = pressing_fingers(score, time_s, tips, Synchronisation(0.0, 0.0, 1.0, 1.0))
    assert found.finger[0] in (5, -1)
    return found.finger[1]


def test_an_ambiguous_finger_is_decided_by_the_hands_reach():
    assert two_at_a_key((-6.0, 6.5)) == 9, "an octave is for thumb and little finger"
    assert two_at_a_key((-1.0, 12.0)) == 7, "what is plain to see counts"


def test_a_finger_that_passes_by_does_not_press():
    assert two_at_a_key((0.0, 7.0)) == 7
    assert two_at_a_key((0.0, 7.0), (0.15, 0.0)) == 9


def test_resampling_has_no_lag_and_bridges_short_gaps_alone():
    time_s = np.arange(0, 4, 1 / 30)
    value = np.sin(2 * np.pi * 0.7 * time_s)
    hole = (time_s > 1.0) & (time_s < 1.15) | (time_s > 2.0) & (time_s < 2.6)
    grid_s = np.arange(0, 3.9, CLIP_TIMING.decision_s)
    smooth = resample(time_s, np.where(hole, np.nan, value), grid_s)
    inside = (grid_s > 2.1) & (grid_s < 2.5)
    assert np.isnan(smooth[inside]).all()
    outside = (grid_s < 1.95) | (grid_s > 2.65)
    assert smooth[outside] == pytest.approx(np.sin(2 * np.pi * 0.7 * grid_s[outside]), abs=0.06)


def test_live_smoothing_follows_and_forgets_what_is_lost():
    smoother = OneEuro()
    for step in range(60):
        jitter = 0.002 * (-1) ** step
        rest = smoother.update(step / 30, np.array([0.1 + jitter, np.nan]))
    assert abs(rest[0] - 0.1) < 0.001
    assert np.isnan(rest[1])
    assert smoother.update(2.0, np.array([0.5, 0.3]))[1] == 0.3, "no memory of a lost finger"
    for step in range(1, 10):
        moved = smoother.update(2.0 + step / 30, np.array([0.5, 0.3]))
    assert moved[0] == pytest.approx(0.5, abs=0.02)


def sounding_video(path, score, offset_s):
    """Write a video of nothing, with the sound of a score."""
    sound = path.with_suffix(".wav")
    rate_hz = 16_000
    samples = np.random.default_rng(0).normal(0, 0.002, int((score.duration_s + 3) * rate_hz))
    for note in score.notes:
        time_s = np.arange(int((note.offset_s - note.onset_s) * rate_hz)) / rate_hz
        tone = np.sin(2 * np.pi * 440 * 2 ** ((note.key - 48) / 12) * time_s) * np.exp(-4 * time_s)
        begin = int((note.onset_s + offset_s) * rate_hz)
        samples[begin : begin + len(tone)] += 0.2 * tone
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype(np.int16).tobytes())
    writer = imageio_ffmpeg.write_frames(
        str(path), (64, 64), fps=10, audio_path=str(sound), ffmpeg_log_level="error"
    )
    writer.send(None)
    for _ in range(int((score.duration_s + 3) * 10)):
        writer.send(np.zeros((64, 64, 3), np.uint8))
    writer.close()


def test_the_sound_makes_the_offset_finer(tmp_path):
    score = song()
    sounding_video(tmp_path / "video.mp4", score, OFFSET_S)
    strength = onset_strength(tmp_path / "video.mp4")
    found = refine(Synchronisation(OFFSET_S - 0.12, 0.0, 0.6, 0.1), strength, score)
    assert found.heard
    assert found.offset_s == pytest.approx(OFFSET_S, abs=0.015)


def test_the_sound_of_something_else_changes_nothing(tmp_path):
    sounding_video(tmp_path / "video.mp4", song(seed=5, notes=40).stretched(1.37), OFFSET_S)
    strength = onset_strength(tmp_path / "video.mp4")
    guess = Synchronisation(0.4, 0.0, 0.6, 0.1)
    assert refine(guess, strength, song()) == guess


def test_a_video_without_sound_has_no_onsets(tmp_path):
    writer = imageio_ffmpeg.write_frames(str(tmp_path / "v.mp4"), (64, 64), fps=10)
    writer.send(None)
    writer.send(np.zeros((64, 64, 3), np.uint8))
    writer.close()
    assert onset_strength(tmp_path / "v.mp4") is None


@pytest.mark.parametrize("offset_s", [0.5, 4.0])
def test_a_video_of_a_part_of_the_song_is_synchronised(offset_s):
    score = song(notes=240)
    time_s, tips = human(score, offset_s)
    part = time_s < 30
    assert synchronise(time_s[part], tips[part], score).offset_s == pytest.approx(
        offset_s, abs=0.05
    )
