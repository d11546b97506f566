"""Against the demonstrations kept outside the project."""

from pathlib import Path

import numpy as np
import pytest

from pianomime.score.goals import key_goals
from pianomime.score.score import Note, Score

CLIPS = Path(__file__).parents[5] / "shared/data/pianomime_clips.npz"
pytestmark = pytest.mark.skipif(not CLIPS.exists(), reason=f"{CLIPS} is not there")


def test_a_clip_as_a_score_gives_back_its_roll():
    with np.load(CLIPS) as data:
        end = data["episode_ends"][0]
        roll = np.unpackbits(data["roll"][:end], axis=1, count=88).astype(bool)
    padded = np.pad(roll, ((1, 1), (0, 0))).astype(int)
    change = np.diff(padded, axis=0)
    notes = [
        Note(first * 0.05, last * 0.05, key)
        for key in range(88)
        for first, last in zip(
            np.flatnonzero(change[:, key] == 1), np.flatnonzero(change[:, key] == -1), strict=True
        )
    ]
    keys = key_goals(Score.from_notes("clip", notes), 0.05).keys
    assert np.array_equal(keys, roll[: len(keys)])
    assert not roll[len(keys) :].any()
