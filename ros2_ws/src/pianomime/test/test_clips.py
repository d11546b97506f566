"""Against the demonstrations kept outside the project."""

from pathlib import Path

import numpy as np
import pytest

from pianomime.errors import ScoreError
from pianomime.perception.released import from_clip
from pianomime.piano.geometry import key_y
from pianomime.score.clips import CLIP_TIMING, load_clip, load_clips
from pianomime.score.goals import ScoreGoals
from pianomime.score.step_notes import to_steps

CLIPS = Path(__file__).parents[5] / "shared/data/pianomime_clips.npz"
pytestmark = pytest.mark.skipif(not CLIPS.exists(), reason=f"{CLIPS} is not there")


def test_a_clips_score_has_its_roll():
    for clip in load_clips(CLIPS, "test")[:2]:
        keys = ScoreGoals.of(clip.score(), CLIP_TIMING).keys
        assert np.array_equal(keys, clip.roll[: len(keys)])
        assert not clip.roll[len(keys) :].any()


def test_a_clip_has_the_fingers_that_played_it():
    score = load_clips(CLIPS, "test")[0].score()
    low = [note.finger for note in score.notes if note.key < 25 and note.finger >= 0]
    assert max(low) < 5, "low notes are the left hand's"


def test_an_unknown_split_is_named():
    with pytest.raises(ScoreError, match="no split 'exam'; there are: test, train, unused"):
        load_clips(CLIPS, "exam")


def test_a_file_that_was_cut_off_is_named(tmp_path):
    path = tmp_path / "clips.npz"
    path.write_bytes(CLIPS.read_bytes()[:100_000])
    with pytest.raises(ScoreError, match=r"clips\.npz: not a file of clips"):
        load_clips(path, "test")


def test_a_clip_number_out_of_range_is_named():
    assert load_clip(CLIPS, 0).index == 0
    with pytest.raises(ScoreError, match="no clip 363; there are 0 to 362"):
        load_clip(CLIPS, 363)


def released(folder, clips):
    """Write clips as PianoMime's release has them."""
    now = np.concatenate(
        [
            np.concatenate([c.fingertips.reshape(len(c.roll), -1), c.finger_key / 89], axis=1)
            for c in clips
        ]
    )
    zarr = pytest.importorskip("zarr")
    root = zarr.open_group(folder, mode="w", zarr_format=2)
    action = root.create_array("data/action", shape=(len(now), 184), chunks=(1000, 23), dtype="f4")
    action[:, :46] = now
    ends = np.cumsum([len(c.roll) for c in clips])
    root.create_array("meta/episode_ends", shape=ends.shape, dtype="f4")[:] = ends
    return root


def test_a_release_contains_the_clips_made_from_it(tmp_path):
    clips = load_clips(CLIPS, "train")[:3]
    root = released(tmp_path / "release.zarr", clips)
    read = load_clips(tmp_path / "release.zarr", "released")
    assert len(read) == 3
    for clip, original in zip(read, clips, strict=True):
        matched = np.zeros_like(original.roll)  # what matches no finger is not in this folder
        step, finger = np.nonzero(original.finger_key)
        matched[step, original.finger_key[step, finger] - 1] = True
        np.testing.assert_array_equal(clip.roll, matched)
        assert (clip.finger_key == original.finger_key).mean() > 0.999
        np.testing.assert_array_equal(clip.fingertips, original.fingertips)
    root["meta/episode_ends"][0] = 10**6
    with pytest.raises(ScoreError, match="keys or ends out of range"):
        load_clip(tmp_path / "release.zarr", 0)
    with pytest.raises(ScoreError, match="not a release of clips"):
        load_clip(tmp_path, 0)


def test_a_clip_is_a_demonstration_of_its_score():
    clip = load_clips(CLIPS, "train")[5]
    score = clip.score().trimmed()
    demonstration = from_clip(clip, score)
    fingers = np.array([note.finger for note in score.notes])
    assert (demonstration.finger == fingers).mean() > 0.95
    assert len(demonstration.tips_m) >= ScoreGoals.of(score, CLIP_TIMING).steps - 1
    pressing = [
        np.abs(demonstration.tips_m[note.first, note.finger, 1] - key_y()[note.key]).item()
        for note in to_steps(score.notes, CLIP_TIMING)
        if note.finger >= 0 and note.first < len(demonstration.tips_m)
    ]
    assert np.median(pressing) < 0.012, "the finger is over its key"
