import numpy as np
import pytest

from pianomime.metrics.key_press import RunningF1, f1_per_step, key_press_metrics
from pianomime.metrics.notes import note_metrics
from pianomime.score.score import Note, PedalEvent, Score


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


def struck(notes, *, late_s=0.0, keys=0, velocity=0):
    """Return the notes as somebody plays them."""
    return [
        Note(n.onset_s + late_s, n.offset_s + late_s, n.key + keys, n.velocity + velocity)
        for n in notes
    ]


@pytest.mark.parametrize("seed", range(20))
def test_notes_are_matched_as_by_mir_eval(seed):
    transcription = pytest.importorskip("mir_eval.transcription")
    rng = np.random.default_rng(seed)

    def notes(count):
        keys = rng.integers(40, 43, count).tolist()
        onsets_s = rng.integers(0, 200, count) * 0.005  # dense, and often just 50 ms apart
        return [Note(t, t + 0.1, key) for t, key in zip(onsets_s, keys, strict=True)]

    def intervals_and_pitches(some, late_s=0.0):
        times_s = np.array([(note.onset_s, note.offset_s) for note in some]) + late_s
        return times_s, np.array([440.0 * 2 ** (note.key / 12) for note in some])

    score, played = Score.from_notes("dense", notes(40)), notes(30)
    got = note_metrics(score, played)
    for late_s, window_s, value in (
        (0.0, 0.05, got.onset_f1),
        (got.lateness_s, 0.05, got.note_f1),
        (got.lateness_s, 0.025, got.note_f1_25),
    ):
        expected = transcription.precision_recall_f1_overlap(
            *intervals_and_pitches(score.notes, late_s),
            *intervals_and_pitches(played),
            onset_tolerance=window_s,
            offset_ratio=None,
        )
        assert value == pytest.approx(expected[2])


def test_a_constant_lateness_is_taken_out():
    score = Score.from_notes("scale", [Note(i, i + 0.5, 40 + i, 60) for i in range(8)])
    got = note_metrics(score, struck(score.notes, late_s=0.08))
    assert (got.note_f1, got.note_f1_25, got.length_f1, got.velocity_f1) == (1, 1, 1, 1)
    assert got.onset_f1 == 0.0
    assert got.lateness_s == pytest.approx(0.08)
    assert (got.spread_s, got.extra_per_100, got.velocity_error) == pytest.approx((0, 0, 0))


def test_strikes_too_many_and_notes_missing_are_counted():
    score = Score.from_notes("scale", [Note(i, i + 0.5, 40 + i, 60) for i in range(4)])
    played = struck(score.notes, velocity=10)
    played = [*played[:3], *struck(played[:2], keys=20)]
    got = note_metrics(score, played)
    assert (got.extra_per_100, got.missing_per_100) == (50.0, 25.0)
    assert got.note_f1 == pytest.approx(2 * 3 / (4 + 5))
    assert (got.velocity_error, got.velocity_f1) == (10.0, 0.0)


def test_notes_last_as_long_as_the_pedal_holds_them():
    pedal = [PedalEvent(0.2, True), PedalEvent(1.5, False)]
    score = Score.from_notes("pedalled", [Note(0.0, 1.5, 40), Note(2.0, 3.0, 40)], pedal)
    played = [Note(0.0, 0.3, 40), Note(2.0, 2.5, 40)]
    got = note_metrics(score, played, pedal)
    assert got.length_f1 == 0.5, "the first lasts by the pedal; the second is half a second short"
    assert got.pedal_f1 == 1.0
    assert note_metrics(score, played, pedal[:1]).pedal_f1 == pytest.approx(2 / 3)


def test_nothing_struck_has_no_hits():
    got = note_metrics(Score.from_notes("one", [Note(0.0, 0.5, 40)]), [])
    assert (got.note_f1, got.onset_f1, got.missing_per_100) == (0.0, 0.0, 100.0)
    assert np.isnan(got.lateness_s)
    assert np.isnan(got.velocity_error)


def test_the_running_f1_is_the_mean_of_the_steps():
    rng = np.random.default_rng(0)
    goal_keys, pressed = rng.random((2, 40, 88)) < 0.05
    running = RunningF1()
    assert np.isnan(running.value)
    for step in range(len(goal_keys)):
        running.add(goal_keys[step], pressed[step])
    assert running.value == pytest.approx(key_press_metrics(goal_keys, pressed).f1)
