"""Against the demonstrations kept outside the project."""

from pathlib import Path

import numpy as np
import pytest

from pianomime.errors import ScoreError
from pianomime.score.clips import CLIP_DT_S, load_clips
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
