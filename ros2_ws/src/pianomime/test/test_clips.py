"""Against the demonstrations kept outside the project."""

from pathlib import Path

import numpy as np
import pytest

from pianomime.errors import ScoreError
from pianomime.perception.released import from_clip
from pianomime.piano.geometry import key_y
from pianomime.score.clips import CLIP_DT_S, load_clip, load_clips
from pianomime.score.goals import key_goals

CLIPS = Path(__file__).parents[5] / "shared/data/pianomime_clips.npz"
pytestmark = pytest.mark.skipif(not CLIPS.exists(), reason=f"{CLIPS} is not there")


def test_a_clip_as_a_score_gives_back_its_roll():
    for clip in load_clips(CLIPS, "test")[:2]:
        keys = key_goals(clip.score(), CLIP_DT_S).keys
        assert np.array_equal(keys, clip.roll[: len(keys)])
        assert not clip.roll[len(keys) :].any()


def test_a_clip_brings_the_fingers_that_played_it():
    score = load_clips(CLIPS, "test")[0].score()
    low = [note.finger for note in score.notes if note.key < 25 and note.finger >= 0]
    assert max(low) < 5, "low notes are the left hand's"


def test_an_unknown_split_is_named():
    with pytest.raises(ScoreError, match="no split 'exam'; there are: test, train, unused"):
        load_clips(CLIPS, "exam")


def test_a_clip_number_out_of_range_is_named():
    assert load_clip(CLIPS, 0).index == 0
    with pytest.raises(ScoreError, match="no clip 363; there are 0 to 362"):
        load_clip(CLIPS, 363)


def test_a_clip_is_a_demonstration_of_its_score():
    clip = load_clips(CLIPS, "train")[5]
    score = clip.score().trimmed()
    demonstration = from_clip(clip, score)
    fingers = np.array([note.finger for note in score.notes])
    assert (demonstration.finger == fingers).mean() > 0.95
    assert len(demonstration.tips_m) >= len(key_goals(score, CLIP_DT_S).keys) - 1
    pressing = [
        np.abs(demonstration.tips_m[note.first, fingers[note.index], 1] - key_y()[key]).item()
        for note in key_goals(score, CLIP_DT_S).notes
        for key in [score.notes[note.index].key]
        if fingers[note.index] >= 0 and note.first < len(demonstration.tips_m)
    ]
    assert np.median(pressing) < 0.012, "the finger is over its key"
