"""Songs to learn from: held-out songs, the corpus and exercises."""

import dataclasses
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from pianomime.errors import MissingPackageError, ScoreError
from pianomime.learning.corpus import corpus_scores
from pianomime.learning.exercises import exercise
from pianomime.learning.songs import HeldOut, curriculum, fingerprint, mirrored, songs, variation
from pianomime.score.clips import load_clips
from pianomime.score.score import Note, Score

CLIPS = Path(__file__).parents[5] / "shared/data/pianomime_clips.npz"


def test_transposed_stretched_and_mirrored_songs_are_recognised(tune):
    moved = [
        tune.transposed(5),
        tune.stretched(1.3),
        mirrored(tune),
        mirrored(tune.transposed(-3)).stretched(0.9),
        dataclasses.replace(tune, title="another"),
        tune.with_fingers([5] * len(tune.notes)),
    ]
    assert {fingerprint(score) for score in moved} == {fingerprint(tune)}
    other = Score.from_notes("other", [*tune.notes[:-1], Note(1.0, 1.8, 23)])
    assert fingerprint(other) != fingerprint(tune)


@pytest.mark.skipif(not CLIPS.exists(), reason="the clips are not beside the project")
def test_nothing_is_learned_from_the_test_clips(bundled):
    test = [clip.score() for clip in load_clips(CLIPS, "test")]
    held_out = HeldOut.of(test)
    found = songs(CLIPS, held_out)
    assert len(found) > 340
    rng = np.random.default_rng(0)
    for score in found:
        held_out.check(score)
    for score in curriculum(found[::20], 1, 0):
        held_out.check(score)
    for score in test:
        with pytest.raises(ScoreError, match="held out"):
            held_out.check(variation(score.without_fingers(), rng))
    assert bundled.card.data["held_out"] == sorted(print_[:16] for print_ in held_out.fingerprints)


def test_without_music21_its_corpus_is_refused_in_one_line():
    if importlib.util.find_spec("music21"):
        assert len(corpus_scores(2)) == 2
    else:
        with pytest.raises(MissingPackageError, match="music21 is missing; run: tools/setup score"):
            corpus_scores(2)


@pytest.mark.parametrize("seed", range(12))
def test_exercises_can_be_played_and_repeat_with_their_seed(seed):
    score, again = (exercise(np.random.default_rng(seed)) for _ in range(2))
    assert score == again
    assert len(score.notes) > 20
    assert score.duration_s < 30
