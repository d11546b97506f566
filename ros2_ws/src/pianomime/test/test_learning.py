import contextlib
import dataclasses
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from pianomime.command import Command
from pianomime.errors import ConfigError, MissingPackageError, ScoreError
from pianomime.fingering.fingering import assign_fingers
from pianomime.hands.embodiment import embodiment
from pianomime.learning.corpus import corpus_scores
from pianomime.learning.datasets import fingertip_pairs, joint_pairs
from pianomime.learning.episode import Episode, load_episode, save_episode
from pianomime.learning.exercises import exercise
from pianomime.learning.finger_lessons import corrected, taught
from pianomime.learning.generate import Demonstrations, generate
from pianomime.learning.pairs import Pairs
from pianomime.learning.recipe import load_recipe
from pianomime.learning.songs import HeldOut, curriculum, fingerprint, mirrored, songs, variation
from pianomime.learning.teacher import Disturbance, Lesson, demonstrate
from pianomime.learning.whole_score_pairs import (
    one_stage_pairs,
    whole_fingertip_pairs,
    whole_joint_pairs,
)
from pianomime.planning.performance_plan import plan_performance
from pianomime.policy.checkpoint import Checkpoint, PolicyCard, load_checkpoint
from pianomime.policy.generalist import FINGERS, FINGERTIPS, JOINTS, generalist_sizes
from pianomime.policy.hand_frame import HandFrame
from pianomime.policy.registry import POLICY_TYPES
from pianomime.score.clips import load_clips
from pianomime.score.score import Note, Score
from pianomime.score.step_notes import by_onset, to_steps
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import Timing

CLIPS = Path(__file__).parents[5] / "shared/data/pianomime_clips.npz"
BUNDLED = Path(__file__).parents[4] / "models/generalist_pianomime.safetensors"
TIMING = Timing()
SHADOW = embodiment("pianomime")
TUNE = Score.from_notes(
    "tune",
    [Note(i * 0.3, i * 0.3 + 0.25, k) for i, k in enumerate((39, 43, 46, 51, 46, 43))]
    + [Note(0.0, 0.9, 27), Note(0.9, 1.8, 22)],
)


@pytest.fixture(scope="module")
def simulation(pianomime_hands):
    return PianoSimulation(pianomime_hands, TIMING)


@pytest.fixture(scope="module")
def frame(pianomime_hands):
    return HandFrame(pianomime_hands)


def lesson_of(score, simulation, timing=TIMING) -> Lesson:
    return Lesson(score, plan_performance(score, simulation.hands, timing), "pianomime")


@pytest.fixture(scope="module")
def lesson(simulation):
    return lesson_of(assign_fingers(TUNE, TIMING, SHADOW), simulation)


def show(lesson, simulation, frame, seed=0, scale=1.0, drive=None) -> Episode:
    disturbance = Disturbance(scale, np.random.default_rng(seed))
    return demonstrate(lesson, simulation, frame, disturbance, drive)


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
    bundled = load_checkpoint(BUNDLED).card
    assert bundled.data["held_out"] == sorted(print_[:16] for print_ in held_out.fingerprints)


def test_without_music21_its_corpus_is_refused_in_one_line():
    if importlib.util.find_spec("music21"):
        assert len(corpus_scores(2)) == 2
    else:
        with pytest.raises(MissingPackageError, match="music21 is missing; run: tools/setup score"):
            corpus_scores(2)


def test_a_held_out_song_in_a_folder_is_left_out_or_refused(tmp_path):
    held_out = HeldOut.of([TUNE.transposed(2)])
    with pytest.raises(ScoreError, match="tune: is held out"):
        generate([TUNE], held_out, Demonstrations(SHADOW, TIMING, 0, tmp_path, 1), print)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("seed", range(12))
def test_exercises_can_be_played_and_repeat_with_their_seed(seed):
    score, again = (exercise(np.random.default_rng(seed)) for _ in range(2))
    assert score == again
    assert len(score.notes) > 20
    assert score.duration_s < 30


# --- demonstrations ------------------------------------------------------------------------------


def test_the_expert_action_is_right_not_what_chance_did(lesson, simulation, frame):
    episode = show(lesson, simulation, frame)
    lead = lesson.plan.lead
    assert len(episode.pose) == len(lesson.plan.target)
    joints = frame.joints(episode.pose.astype(float))
    for row in (0, 30, len(joints) - 1):
        right = lesson.plan.command(row - lead, joints[row]).target[0]
        np.testing.assert_allclose(
            frame.poses(right), episode.expert_action[row], atol=1e-4, err_msg=f"row {row}"
        )
    assert np.abs(episode.executed - episode.expert_action).max() > 0.02
    quiet = show(lesson, simulation, frame, scale=0.0)
    np.testing.assert_array_equal(quiet.executed, quiet.expert_action)
    assert quiet.key_position.max() > 0.9, "keys go down"
    again, other = (show(lesson, simulation, frame, seed=seed).pose for seed in (0, 5))
    np.testing.assert_array_equal(episode.pose, again)
    assert np.abs(episode.pose - other).max() > 1e-3


def test_a_student_who_plays_is_corrected(lesson, simulation, frame):
    rest = Command.hold(np.zeros(len(simulation.hands.joint_names)), False, TIMING)
    episode = show(lesson, simulation, frame, scale=0.0, drive=lambda *_: rest)
    assert np.abs(episode.executed).max() == 0.0
    assert np.abs(episode.expert_action).max() > 0.1


def test_several_points_of_a_command_are_one_action(pianomime_hands, frame):
    fine = Timing(command_s=0.01)
    simulation = PianoSimulation(pianomime_hands, fine)
    lesson = lesson_of(assign_fingers(TUNE, fine, SHADOW), simulation, fine)
    episode = show(lesson, simulation, frame, scale=0.0)
    row = lesson.plan.lead + 4
    measured = frame.joints(episode.pose[row].astype(float))
    command = lesson.plan.command(4, measured)
    assert len(command.target) == 5
    np.testing.assert_allclose(
        episode.executed[row], frame.poses(command.target.mean(axis=0)), atol=1e-4
    )
    assert joint_pairs(episode, frame, None, np.random.default_rng(0)).rows


def test_an_episode_is_read_as_it_was_written(lesson, simulation, frame, tmp_path):
    episode = show(lesson, simulation, frame)
    save_episode(episode, tmp_path / "a.parquet")
    read = load_episode(tmp_path / "a.parquet", TIMING)
    for name in ("pose", "executed", "expert_action", "planned"):
        np.testing.assert_array_equal(getattr(read, name), getattr(episode, name))
    np.testing.assert_allclose(read.key_position, episode.key_position, atol=0.5 / 255 + 1e-6)
    about = (read.title, read.sha256, read.first_step, read.timing, read.notes)
    assert about == ("tune", TUNE.sha256, -lesson.plan.lead, TIMING, episode.notes)
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    for name in ("cut.parquet", "gone.parquet"):
        with pytest.raises(ScoreError, match=f"{name}: not an episode"):
            load_episode(tmp_path / name, TIMING)


def test_another_format_or_timing_is_refused(lesson, simulation, frame, tmp_path, monkeypatch):
    episode, path = show(lesson, simulation, frame), tmp_path / "a.parquet"
    save_episode(episode, path)
    with pytest.raises(ScoreError, match=r"a\.parquet has a decision every 0\.05 s .* 0\.1 s"):
        load_episode(path, Timing(decision_s=0.1))
    with monkeypatch.context() as patch:
        patch.setattr("pianomime.learning.episode.FORMAT", 99)
        save_episode(episode, path)
    with pytest.raises(ScoreError, match="format 99; this version reads 2"):
        load_episode(path, TIMING)


def test_songs_with_an_episode_are_not_shown_again(tmp_path):
    nothing = HeldOut.of([])
    short = [TUNE.until(1.0), TUNE.transposed(1).until(1.0), TUNE.until(1.0)]
    how = Demonstrations(SHADOW, TIMING, 0, tmp_path, 1)
    told = []
    generate(short[:1], nothing, how, told.append)
    made = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    student = dataclasses.replace(how, student=load_checkpoint(BUNDLED))
    generate(short, nothing, student, told.append)
    assert told == ["tune", "already made", "tune"]
    assert len(list(tmp_path.iterdir())) == 2
    assert all((tmp_path / name).stat().st_mtime_ns == time for name, time in made.items())


# --- what the networks see -----------------------------------------------------------------------


def test_the_networks_see_what_they_are_made_for(lesson, simulation, frame):
    episode = show(lesson, simulation, frame)
    high = fingertip_pairs(episode, frame)
    low = joint_pairs(episode, frame, None, np.random.default_rng(0))
    fingers = taught(TUNE, TIMING, SHADOW)
    sizes = generalist_sizes(frame, TIMING)
    for name, pairs in ((FINGERTIPS, high), (JOINTS, low)):
        assert (pairs.inputs.shape[1], pairs.answers.shape[1]) == sizes[name]
        assert pairs.rows == 2 * len(episode.pose)
        assert np.isfinite(pairs.inputs).all()
    assert fingers.inputs.shape == (len(TUNE.notes), sizes[FINGERS][0])
    notes = [note for group in by_onset(episode.notes) for note in group]
    assert fingers.answers.tolist() == [note.finger for note in notes]


@pytest.mark.parametrize(
    ("kind", "network", "pairs_of"),
    [
        ("two_stages", "fingertips", lambda e, f: whole_fingertip_pairs(e, f, None)),
        ("two_stages", "joints", lambda e, f: whole_joint_pairs(e, f, absolute=False)),
        ("two_stages", "joints", lambda e, f: whole_joint_pairs(e, f, absolute=True)),
        ("one_stage", "targets", lambda e, f: one_stage_pairs(e, f, None)),
    ],
)
def test_the_papers_shapes_see_what_they_are_made_for(
    lesson, simulation, frame, kind, network, pairs_of
):
    pairs = pairs_of(show(lesson, simulation, frame), frame)
    lookahead_s = POLICY_TYPES[kind].lookahead_s
    card = PolicyCard(
        type=kind, embodiment="pianomime", timing=TIMING, lookahead_s=lookahead_s, coordinates=()
    )
    sizes = POLICY_TYPES[kind].sizes(frame, Checkpoint(card, {}, {}))
    assert (pairs.inputs.shape[1], pairs.answers.shape[1]) == sizes[network]
    assert np.isfinite(pairs.answers).all()


def test_a_left_hand_in_the_mirror_looks_like_a_right(lesson, simulation, frame):
    """Mirror the song in a D: what one hand sees, the other saw."""
    turned = {
        (note.first, 82 - note.key): (note.finger + 5) % 10
        for note in to_steps(lesson.score.notes, TIMING)
    }  # the D around which black keys lie alike is key 41
    given = [turned[n.first, n.key] for n in to_steps(mirrored(TUNE).notes, TIMING)]
    other = lesson_of(mirrored(TUNE).with_fingers(given), simulation)
    here, there = (show(each, simulation, frame, scale=0.0) for each in (lesson, other))
    steps, lead = len(here.pose), lesson.plan.lead
    seen, turned_seen = (fingertip_pairs(e, frame).inputs for e in (here, there))
    tips = slice(0, 15)
    np.testing.assert_allclose(
        seen[steps:][lead:, tips], turned_seen[:steps][lead:, tips], atol=0.05
    )


def test_the_students_fingers_are_corrected_where_they_led():
    student = load_checkpoint(BUNDLED).networks[FINGERS]
    pairs, own = corrected(TUNE, student, TIMING, SHADOW), taught(TUNE, TIMING, SHADOW)
    assert pairs.rows == own.rows
    assert not np.array_equal(pairs.inputs, own.inputs), "it has led elsewhere"
    assert ((pairs.answers >= 0) & (pairs.answers < 10)).all()


# --- training ------------------------------------------------------------------------------------

TORCH = "torch is not installed: tools/setup learning"


def test_training_goes_on_and_numpy_agrees_with_torch(tmp_path):
    torch = pytest.importorskip("torch", reason=TORCH)
    from pianomime.learning.networks import Standardised, exported, loss_of_way, mlp
    from pianomime.learning.recipe import TrainingConfig
    from pianomime.learning.training import fit

    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 6)).astype(np.float32)
    y = np.stack([x[:, 0] * x[:, 1], np.abs(x[:, 2])], axis=1)
    pairs = Pairs(x, y, np.ones_like(y))

    def train(folder, *, stop_at=None):
        torch.manual_seed(0)
        network = Standardised(x, mlp(6, 2, 32, 2), loss_of_way)
        config = TrainingConfig(steps=4000, batch=32, threads=1, ema=0.99)

        def report(step, _):
            if stop_at is not None and step >= stop_at:
                raise KeyboardInterrupt

        return exported(fit(network, pairs, config, folder, report)), network

    whole, _ = train(tmp_path / "whole")
    assert np.abs(whole(x) - y).mean() < 0.1
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "cut", stop_at=2600)
    resumed, network = train(tmp_path / "cut")
    np.testing.assert_allclose(resumed(x), whole(x), atol=1e-5)
    with torch.no_grad():
        answer = network(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(exported(network)(x), answer, atol=1e-4)


def test_every_kind_of_network_plays_as_it_was_trained():
    torch = pytest.importorskip("torch", reason=TORCH)
    from pianomime.learning.distance_field import DistanceField, key_distances
    from pianomime.learning.networks import (
        FlowTraining,
        Standardised,
        exported,
        loss_of_way,
        mlp,
    )
    from pianomime.policy.networks.kinds import read_network
    from pianomime.policy.networks.transformer import Transformer

    torch.manual_seed(0)
    x = np.random.default_rng(0).normal(2, 3, (20, 3 * 4 + 5)).astype(np.float32)
    y = np.zeros((20, 2), np.float32)
    for network in (
        FlowTraining(x, mlp(17 + 2 + 1, 2, 16, 2), 2),
        Standardised(x, Transformer(3, 4, 5, 2).eval(), loss_of_way),
    ):
        assert torch.isfinite(network.cost(torch.from_numpy(x), torch.from_numpy(y))).all()
        played = exported(network)
        with torch.no_grad():
            answer = network(torch.from_numpy(x)).numpy()
        np.testing.assert_allclose(played(x), answer, atol=1e-4)
        again = read_network("n", played.settings(), played.tensors())
        np.testing.assert_array_equal(again(x), played(x))
    keys = np.zeros((3, 88), bool)
    keys[1, 20] = keys[2, 3] = True
    field, distances = DistanceField(), key_distances(keys)
    assert distances[1, 21] == pytest.approx(1 / 88)
    seen = torch.from_numpy(keys.astype(np.float32))
    assert field.cost(seen, torch.from_numpy(distances)).shape == (3, 88)
    with torch.no_grad():
        latent = field.encoder(seen).numpy()
    np.testing.assert_allclose(field.exported()(keys.astype(np.float32)), latent, atol=1e-6)


def test_a_run_makes_a_checkpoint_that_plays(tmp_path, pianomime_hands):
    pytest.importorskip("torch", reason=TORCH)
    from pianomime.learning.run import Training
    from pianomime.policy.registry import load_policy

    path = tmp_path / "recipe.yaml"
    path.write_text(
        "{demonstration_rounds: 0, lesson_rounds: 0, corrections: 1, corrected_songs: 1, "
        + ", ".join(f"{n}: {{steps: 5, width: 16}}" for n in (FINGERS, FINGERTIPS, JOINTS))
        + "}"
    )
    recipe = load_recipe(path)

    class Bar(contextlib.nullcontext):
        def update(self, n): ...

        def set_postfix_str(self, s): ...

    def progress(*_):
        bar = Bar()
        bar.enter_result = bar
        return bar

    training = Training(recipe, [TUNE.until(0.6)], HeldOut.of([]), SHADOW, tmp_path, 1, progress)
    made = training.run()
    assert made == training.run(), "nothing is done again"
    assert load_checkpoint(made).card.data["episodes"] == 2
    load_policy(made, pianomime_hands, TIMING)
    other = dataclasses.replace(training, songs=[TUNE])
    with pytest.raises(ConfigError, match="begun with another songs"):
        other.run()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rounds: 3", "unknown 'rounds'; there are: "),
        ("seed: -1", "seed = -1: must be in"),
        ("fingers: {steps: 0}", "fingers: steps = 0: must be in"),
        ("fingers: {height: 3}", "fingers: unknown 'height'; there are: "),
        ("timing: {decision_s: 0.07, command_s: 0.03}", "timing: decision_s = 0.07: must be a"),
        ("fingers: 3", "fingers: 3: must be names and values"),
        ("[1, 2", "not a recipe"),
    ],
)
def test_a_bad_recipe_is_refused_by_name(tmp_path, text, message):
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_recipe(path)
