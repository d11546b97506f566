import dataclasses
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from pianomime.errors import ConfigError, ScoreError
from pianomime.evaluation.players import LEAD, TAIL
from pianomime.fingering.fingering import assign_fingers
from pianomime.learning.corpus import corpus_scores
from pianomime.learning.datasets import fingertip_pairs, joint_pairs
from pianomime.learning.episode import Episode, load_episode, save_episode
from pianomime.learning.exercises import exercise
from pianomime.learning.finger_lessons import corrected, note_table, taught
from pianomime.learning.generate import generate
from pianomime.learning.songs import HeldOut, curriculum, fingerprint, mirrored, songs, variation
from pianomime.learning.teacher import DisturbanceConfig, Lesson, demonstrate
from pianomime.planning.performance_plan import plan_performance
from pianomime.policy.checkpoint import load_checkpoint
from pianomime.policy.generalist import sizes
from pianomime.policy.hand_frame import HandFrame
from pianomime.score.clips import load_clips
from pianomime.score.goals import key_goals
from pianomime.score.score import Note, Score
from pianomime.simulation.model import CONTROL_DT_S
from pianomime.simulation.simulation import PianoSimulation

CLIPS = Path(__file__).parents[5] / "shared/data/pianomime_clips.npz"
SHIPPED = Path(__file__).parents[4] / "models/generalist_pianomime.safetensors"
TUNE = Score.from_notes(
    "tune",
    [Note(i * 0.3, i * 0.3 + 0.25, k) for i, k in enumerate((39, 43, 46, 51, 46, 43))]
    + [Note(0.0, 0.9, 27), Note(0.9, 1.8, 22)],
)


@pytest.fixture(scope="module")
def simulation(pianomime_hands):
    return PianoSimulation(pianomime_hands.model)


@pytest.fixture(scope="module")
def frame(pianomime_hands):
    return HandFrame(pianomime_hands)


@pytest.fixture(scope="module")
def lesson(simulation):
    goals = key_goals(TUNE, CONTROL_DT_S)
    score = assign_fingers(TUNE, goals, CONTROL_DT_S)
    plan = plan_performance(score, simulation.hands, CONTROL_DT_S, LEAD, TAIL)
    return Lesson(score, goals, plan)


def show(lesson, simulation, frame, seed=0, scale=1.0, drive=None) -> Episode:
    rng = np.random.default_rng(seed)
    return demonstrate(lesson, simulation, frame, rng, scale, DisturbanceConfig(), drive)


# --- songs ---------------------------------------------------------------------------------------


def test_a_song_is_known_however_it_is_moved():
    moved = [
        TUNE.transposed(5),
        TUNE.stretched(1.3),
        mirrored(TUNE),
        mirrored(TUNE.transposed(-3)).stretched(0.9),
        dataclasses.replace(TUNE, title="another"),
        TUNE.with_fingers([5] * len(TUNE.notes)),
    ]
    assert {fingerprint(score) for score in moved} == {fingerprint(TUNE)}
    other = Score.from_notes("other", [*TUNE.notes[:-1], Note(1.0, 1.8, 23)])
    assert fingerprint(other) != fingerprint(TUNE)


@pytest.mark.skipif(not CLIPS.exists(), reason="the clips are not beside the project")
def test_nothing_is_learned_from_the_test_clips():
    test = [clip.score() for clip in load_clips(CLIPS, "test")]
    held_out = HeldOut.of(test)
    found = songs(CLIPS, None, held_out)
    assert len(found) > 340
    rng = np.random.default_rng(0)
    for score in found:
        held_out.check(score)
    for score in curriculum(found[::20], 1, 0):
        held_out.check(score)
    for score in test:
        with pytest.raises(ScoreError, match="held out"):
            held_out.check(variation(score.without_fingers(), rng))
    shipped = load_checkpoint(SHIPPED).card
    assert shipped.data["held_out"] == sorted(print_[:16] for print_ in held_out.fingerprints)


def test_without_music21_its_corpus_is_refused_in_one_line():
    if importlib.util.find_spec("music21"):
        assert len(corpus_scores(2)) == 2
    else:
        with pytest.raises(ScoreError, match="music21 is missing; run: pip install music21"):
            corpus_scores(2)


def test_a_held_out_song_in_a_folder_is_left_out_or_refused(tmp_path):
    held_out = HeldOut.of([TUNE.transposed(2)])
    with pytest.raises(ScoreError, match="tune: is held out"):
        generate([TUNE], held_out, "pianomime", 0, tmp_path, 1, print)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("seed", range(12))
def test_exercises_can_be_played_and_repeat_with_their_seed(seed):
    score, again = (exercise(np.random.default_rng(seed)) for _ in range(2))
    assert score == again
    assert len(score.notes) > 20
    assert score.duration_s < 30


# --- demonstrations ------------------------------------------------------------------------------


def test_the_teacher_tells_what_is_right_not_what_chance_did(lesson, simulation, frame):
    episode = show(lesson, simulation, frame)
    assert len(episode.pose) == len(lesson.plan.target)
    joints = frame.joints(episode.pose.astype(float))
    for row in (0, 30, len(joints) - 1):
        right, _ = lesson.plan.command(row - LEAD, joints[row])
        np.testing.assert_allclose(
            frame.poses(right), episode.wanted[row], atol=1e-4, err_msg=f"row {row}"
        )
    assert np.abs(episode.executed - episode.wanted).max() > 0.02
    quiet = show(lesson, simulation, frame, scale=0.0)
    np.testing.assert_array_equal(quiet.executed, quiet.wanted)
    assert quiet.keys.max() > 0.9, "keys go down"


def test_a_demonstration_repeats_with_its_seed(lesson, simulation, frame):
    one, two = (show(lesson, simulation, frame, seed=4) for _ in range(2))
    np.testing.assert_array_equal(one.pose, two.pose)
    other = show(lesson, simulation, frame, seed=5)
    assert np.abs(one.pose - other.pose).max() > 1e-3


def test_a_student_at_the_wheel_is_corrected(lesson, simulation, frame):
    rest = simulation.hands.joint_names
    episode = show(lesson, simulation, frame, scale=0.0, drive=lambda *_: np.zeros(len(rest)))
    assert np.abs(episode.executed).max() == 0.0
    assert np.abs(episode.wanted).max() > 0.1


def test_an_episode_is_read_as_it_was_written(lesson, simulation, frame, tmp_path):
    episode = show(lesson, simulation, frame)
    save_episode(episode, tmp_path / "a.parquet")
    read = load_episode(tmp_path / "a.parquet")
    for name in ("pose", "executed", "wanted", "planned", "notes"):
        np.testing.assert_array_equal(getattr(read, name), getattr(episode, name))
    np.testing.assert_allclose(read.keys, episode.keys, atol=0.5 / 255 + 1e-6)
    assert (read.title, read.sha256, read.first_step) == ("tune", TUNE.sha256, -LEAD)
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    for name in ("cut.parquet", "gone.parquet"):
        with pytest.raises(ScoreError, match=f"{name}: not an episode"):
            load_episode(tmp_path / name)


def test_another_format_is_refused(lesson, simulation, frame, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("pianomime.learning.episode.FORMAT", 99)
        save_episode(show(lesson, simulation, frame), tmp_path / "a.parquet")
    with pytest.raises(ScoreError, match="format 99; this version reads 1"):
        load_episode(tmp_path / "a.parquet")


def test_songs_that_were_shown_are_not_shown_again(tmp_path):
    nothing = HeldOut.of([])
    short = [TUNE.until(1.0), TUNE.transposed(1).until(1.0), TUNE.until(1.0)]
    told = []
    generate(short[:1], nothing, "pianomime", 0, tmp_path, 1, told.append)
    made = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    generate(short, nothing, "pianomime", 0, tmp_path, 1, told.append)
    assert told == ["tune", "was there", "tune"]
    assert len(list(tmp_path.iterdir())) == 2
    assert all((tmp_path / name).stat().st_mtime_ns == time for name, time in made.items())


# --- what the networks see -----------------------------------------------------------------------


def test_the_networks_see_what_they_are_made_for(lesson, simulation, frame):
    episode = show(lesson, simulation, frame)
    high = fingertip_pairs(episode, frame)
    low = joint_pairs(episode, frame, None, np.random.default_rng(0))
    fingers = taught(TUNE)
    wanted = sizes(frame)
    for name, pairs in (("fingertips", high), ("joints", low)):
        assert (pairs.inputs.shape[1], pairs.answers.shape[1]) == wanted[name]
        assert pairs.rows == 2 * len(episode.pose)
        assert np.isfinite(pairs.inputs).all()
    assert fingers.inputs.shape == (len(TUNE.notes), wanted["fingers"][0])
    assert fingers.answers.tolist() == note_table(lesson.score, lesson.goals)[:, 3].tolist()


def test_a_transposed_left_hand_looks_like_a_right_hand(lesson, simulation, frame):
    """Mirror the song in a D: what one hand sees, the other saw."""
    goals = key_goals(mirrored(TUNE), CONTROL_DT_S)
    table = note_table(lesson.score, lesson.goals)
    turned = {
        (first, 82 - key): (finger + 5) % 10 for first, _, key, finger in table.tolist()
    }  # the D around which black keys lie alike is key 41
    notes = mirrored(TUNE).notes
    given = [turned[(s.first, notes[s.index].key)] for s in goals.notes]
    score = mirrored(TUNE).with_fingers(given)
    plan = plan_performance(score, simulation.hands, CONTROL_DT_S, LEAD, TAIL)
    there = show(Lesson(score, goals, plan), simulation, frame, scale=0.0)
    here = show(lesson, simulation, frame, scale=0.0)
    steps = len(here.pose)
    seen, turned_seen = (fingertip_pairs(e, frame).inputs for e in (here, there))
    tips = slice(0, 15)
    np.testing.assert_allclose(
        seen[steps:][LEAD:, tips], turned_seen[:steps][LEAD:, tips], atol=0.05
    )


def test_the_student_s_fingers_are_corrected_from_where_they_led():
    student = load_checkpoint(SHIPPED).networks.fingers
    pairs, own = corrected(TUNE, student), taught(TUNE)
    assert pairs.rows == own.rows
    assert not np.array_equal(pairs.inputs, own.inputs), "it has led elsewhere"
    assert ((pairs.answers >= 0) & (pairs.answers < 10)).all()


# --- training ------------------------------------------------------------------------------------


def test_training_goes_on_where_it_was_and_numpy_agrees_with_torch(tmp_path):
    torch = pytest.importorskip("torch", reason="torch is not installed: tools/setup learning")
    from pianomime.learning.datasets import Pairs
    from pianomime.learning.networks import Standardised, loss_of_way, mlp, to_numpy
    from pianomime.learning.training import TrainingConfig, fit

    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 6)).astype(np.float32)
    y = np.stack([x[:, 0] * x[:, 1], np.abs(x[:, 2])], axis=1)
    pairs = Pairs(x, y, np.ones_like(y))

    def train(folder, *, stop_at=None):
        torch.manual_seed(0)
        network = Standardised(x, mlp(6, 2, 32, 2), loss_of_way)
        config = TrainingConfig(steps=4000, batch=32, threads=1, ema=0.99)

        def tell(step, _):
            if stop_at is not None and step >= stop_at:
                raise KeyboardInterrupt

        return to_numpy(fit(network, pairs, config, folder, tell)), network

    whole, _ = train(tmp_path / "whole")
    assert np.abs(whole(x) - y).mean() < 0.1
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "cut", stop_at=2600)
    resumed, network = train(tmp_path / "cut")
    np.testing.assert_allclose(resumed(x), whole(x), atol=1e-5)
    with torch.no_grad():
        said = network(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(to_numpy(network)(x), said, atol=1e-4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rounds: 3", "unknown 'rounds'; there are: "),
        ("seed: -1", "seed = -1: must be in"),
        ("fingers: {steps: 0}", "steps = 0: must be in"),
        ("fingers: {height: 3}", "height"),
        ("[1, 2", "not a recipe"),
    ],
)
def test_a_bad_recipe_is_refused_by_name(tmp_path, text, message):
    pytest.importorskip("torch", reason="torch is not installed: tools/setup learning")
    from pianomime.learning.recipe import load_recipe

    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_recipe(path)
