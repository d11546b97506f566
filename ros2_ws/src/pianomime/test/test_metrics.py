import numpy as np
import pytest

from pianomime.metrics.key_press import RunningF1, f1_per_step, key_press_metrics
from pianomime.metrics.onsets import onset_metrics
from pianomime.score.score import Note


def random_presses(seed, steps=200):
    rng = np.random.default_rng(seed)
    goal_keys = rng.random((steps, 88)) < 0.03
    pressed = goal_keys ^ (rng.random((steps, 88)) < 0.02)
    goal_keys[:20] = False
    pressed[10:30] = False
    return goal_keys, pressed


def test_equals_scikit_learn():
    sklearn_metrics = pytest.importorskip("sklearn.metrics")
    goal_keys, pressed = random_presses(0)
    expected = np.mean(
        [
            sklearn_metrics.precision_recall_fscore_support(
                y_true=expect, y_pred=press, average="binary", zero_division=1
            )[:3]
            for expect, press in zip(goal_keys, pressed, strict=True)
        ],
        axis=0,
    )
    got = key_press_metrics(goal_keys, pressed)
    assert (got.precision, got.recall, got.f1) == pytest.approx(tuple(expected), abs=1e-12)


def test_all_wrong_is_zero_where_scikit_learn_1_3_says_one():
    goal_keys, pressed = np.zeros((1, 88), bool), np.zeros((1, 88), bool)
    goal_keys[0, 3] = pressed[0, 4] = True
    assert key_press_metrics(goal_keys, pressed).f1 == 0.0


def test_silence_is_perfect_and_not_counted_as_sounding():
    silent = np.zeros((4, 88), bool)
    got = key_press_metrics(silent, silent)
    assert (got.precision, got.recall, got.f1) == (1.0, 1.0, 1.0)
    assert np.isnan(got.f1_sounding)


def test_pressing_nothing_is_precise_but_has_no_recall():
    goal_keys, pressed = np.ones((2, 88), bool), np.zeros((2, 88), bool)
    got = key_press_metrics(goal_keys, pressed)
    assert (got.precision, got.recall, got.f1, got.f1_sounding) == (1.0, 0.0, 0.0, 0.0)


def test_the_mean_f1_is_at_most_the_mean_of_precision_and_recall():
    got = key_press_metrics(*random_presses(1))
    assert got.f1 <= (got.precision + got.recall) / 2


def test_f1_per_step_is_between_0_and_1():
    f1 = f1_per_step(*random_presses(2))
    assert f1.shape == (200,)
    assert 0.0 <= f1.min() <= f1.max() <= 1.0


def test_shapes_have_to_agree():
    with pytest.raises(ValueError, match=r"\(2, 88\), pressed \(3, 88\)"):
        key_press_metrics(np.zeros((2, 88), bool), np.zeros((3, 88), bool))


@pytest.mark.parametrize("seed", range(20))
def test_onsets_equal_mir_eval(seed):
    transcription = pytest.importorskip("mir_eval.transcription")
    rng = np.random.default_rng(seed)

    def notes(count):
        keys = rng.integers(40, 43, count).tolist()
        onsets_s = rng.integers(0, 200, count) * 0.005  # dense, and often just 50 ms apart
        return [Note(t, t + 0.1, key) for t, key in zip(onsets_s, keys, strict=True)]

    def intervals_and_pitches(some):
        pitches_hz = [440.0 * 2 ** (note.key / 12) for note in some]
        return np.array([(note.onset_s, note.offset_s) for note in some]), np.array(pitches_hz)

    goal_notes, struck = notes(40), notes(30)
    expected = transcription.precision_recall_f1_overlap(
        *intervals_and_pitches(goal_notes), *intervals_and_pitches(struck), offset_ratio=None
    )
    got = onset_metrics(goal_notes, struck)
    assert (got.onset_precision, got.onset_recall, got.onset_f1) == pytest.approx(expected[:3])


def test_an_onset_counts_within_50_ms_at_the_right_key():
    goal_notes = [Note(0.0, 0.5, 40, 60), Note(1.0, 1.5, 41, 60), Note(2.0, 2.5, 42, 60)]
    struck = [Note(0.04, 0.5, 40, 70), Note(1.06, 1.5, 41, 70), Note(2.0, 2.5, 43, 70)]
    got = onset_metrics(goal_notes, struck)
    assert got.onset_precision == got.onset_recall == got.onset_f1 == pytest.approx(1 / 3)
    assert got.velocity_error == 10.0


def test_nothing_struck_has_no_hits():
    got = onset_metrics([Note(0.0, 0.5, 40)], [])
    assert (got.onset_precision, got.onset_recall, got.onset_f1) == (1.0, 0.0, 0.0)


def test_the_running_f1_is_the_mean_of_the_steps():
    rng = np.random.default_rng(0)
    goal_keys, pressed = rng.random((2, 40, 88)) < 0.05
    running = RunningF1()
    assert np.isnan(running.value)
    for step in range(len(goal_keys)):
        running.add(goal_keys[step], pressed[step])
    assert running.value == pytest.approx(key_press_metrics(goal_keys, pressed).f1)
