"""Demonstrations, and the pairs of inputs and answers made from them."""

import dataclasses

import numpy as np
import pytest

from pianomime.command import Command
from pianomime.errors import ScoreError
from pianomime.fingering.fingering import assign_fingers
from pianomime.hands.embodiment import embodiment
from pianomime.learning.datasets import fingertip_pairs, joint_pairs
from pianomime.learning.episode import Episode, load_episode, save_episode
from pianomime.learning.finger_lessons import corrected, taught
from pianomime.learning.generate import Demonstrations, generate
from pianomime.learning.songs import HeldOut, mirrored
from pianomime.learning.teacher import Disturbance, Lesson, demonstrate
from pianomime.learning.whole_score_pairs import (
    one_stage_pairs,
    whole_fingertip_pairs,
    whole_joint_pairs,
)
from pianomime.planning.follower import Follower
from pianomime.planning.performance_plan import plan_performance
from pianomime.policy.checkpoint import Checkpoint, PolicyCard
from pianomime.policy.generalist import FINGERS, FINGERTIPS, JOINTS, generalist_sizes
from pianomime.policy.registry import POLICY_TYPES
from pianomime.score.step_notes import by_onset, to_steps
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import ROBOPIANIST_TIMING as TIMING
from pianomime.timing import Timing

SHADOW = embodiment("pianomime")


def lesson_of(score, hands, timing=TIMING) -> Lesson:
    return Lesson(score, plan_performance(score, hands, timing), "pianomime")


@pytest.fixture(scope="module")
def lesson(tune, pianomime_hands):
    return lesson_of(assign_fingers(tune, TIMING, SHADOW), pianomime_hands)


def show(lesson, simulation, frame, seed=0, scale=1.0, drive=None) -> Episode:
    disturbance = Disturbance(scale, np.random.default_rng(seed))
    return demonstrate(lesson, simulation, frame, disturbance, drive)


@pytest.fixture(scope="module")
def episode(lesson, pianomime_hands, frame):
    """A demonstration with disturbances."""
    return show(lesson, PianoSimulation(pianomime_hands, TIMING), frame)


# --- demonstrations ------------------------------------------------------------------------------


def test_the_expert_action_excludes_the_disturbance(lesson, episode, simulation, frame):
    assert len(episode.pose) == len(lesson.plan.target)
    follow, right = Follower.of(lesson.plan, simulation.hands), []

    def drive(step, measured):
        command = follow(step, measured)
        right.append(frame.poses(command.target[0]))
        return command

    driven = show(lesson, simulation, frame, drive=drive)
    np.testing.assert_allclose(right, driven.expert_action, atol=1e-4)
    np.testing.assert_array_equal(driven.executed, episode.executed)
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


def test_several_points_of_a_command_are_one_action(tune, pianomime_hands, frame):
    fine = Timing(command_s=0.01)
    lesson = lesson_of(assign_fingers(tune, fine, SHADOW), pianomime_hands, fine)
    follow, commands = Follower.of(lesson.plan, pianomime_hands), []

    def drive(step, measured):
        commands.append(follow(step, measured).target)
        return follow(step, measured)

    episode = show(lesson, PianoSimulation(pianomime_hands, fine), frame, scale=0.0, drive=drive)
    assert np.shape(commands)[1] == 5
    mean = frame.poses(np.mean(commands, axis=1))
    np.testing.assert_allclose(episode.executed, mean, atol=1e-4)
    assert joint_pairs(episode, frame, None, np.random.default_rng(0)).rows


def test_an_episode_is_read_as_it_was_written(tune, lesson, episode, tmp_path):
    save_episode(episode, tmp_path / "a.parquet")
    read = load_episode(tmp_path / "a.parquet", TIMING)
    for name in ("pose", "executed", "expert_action", "planned"):
        np.testing.assert_array_equal(getattr(read, name), getattr(episode, name))
    np.testing.assert_allclose(read.key_position, episode.key_position, atol=0.5 / 255 + 1e-6)
    about = (read.title, read.sha256, read.first_step, read.timing, read.notes)
    assert about == ("tune", tune.sha256, -lesson.plan.lead, TIMING, episode.notes)
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    for name in ("cut.parquet", "gone.parquet"):
        with pytest.raises(ScoreError, match=f"{name}: not an episode"):
            load_episode(tmp_path / name, TIMING)


def test_another_format_or_timing_is_refused(episode, tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    save_episode(episode, path)
    with pytest.raises(ScoreError, match=r"a\.parquet has a decision every 0\.05 s .* 0\.1 s"):
        load_episode(path, Timing(decision_s=0.1))
    with monkeypatch.context() as patch:
        patch.setattr("pianomime.learning.episode.FORMAT", 99)
        save_episode(episode, path)
    with pytest.raises(ScoreError, match="format 99; this version reads 2"):
        load_episode(path, TIMING)


def test_songs_with_an_episode_are_not_demonstrated_again(tune, bundled, tmp_path):
    nothing = HeldOut.of([])
    short = [tune.until(1.0), tune.transposed(1).until(1.0), tune.until(1.0)]
    how = Demonstrations(SHADOW, TIMING, 0, tmp_path, 1)
    reported = []
    generate(short[:1], nothing, how, reported.append)
    made = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    student = dataclasses.replace(how, student=bundled)
    generate(short, nothing, student, reported.append)
    assert reported == ["tune", "already made", "tune"]
    assert len(list(tmp_path.iterdir())) == 2
    assert all((tmp_path / name).stat().st_mtime_ns == time for name, time in made.items())


def test_a_held_out_song_in_a_folder_is_left_out_or_refused(tune, tmp_path):
    held_out = HeldOut.of([tune.transposed(2)])
    with pytest.raises(ScoreError, match="tune: is held out"):
        generate([tune], held_out, Demonstrations(SHADOW, TIMING, 0, tmp_path, 1), print)
    assert not list(tmp_path.iterdir())


# --- inputs and answers ---------------------------------------------------------------------------


def test_pairs_have_the_sizes_of_the_generalists_networks(tune, episode, frame):
    high = fingertip_pairs(episode, frame)
    low = joint_pairs(episode, frame, None, np.random.default_rng(0))
    fingers = taught(tune, TIMING, SHADOW)
    sizes = generalist_sizes(frame, TIMING)
    for name, pairs in ((FINGERTIPS, high), (JOINTS, low)):
        assert (pairs.inputs.shape[1], pairs.answers.shape[1]) == sizes[name]
        assert pairs.rows == 2 * len(episode.pose)
        assert np.isfinite(pairs.inputs).all()
    assert fingers.inputs.shape == (len(tune.notes), sizes[FINGERS][0])
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
def test_pairs_have_the_sizes_of_the_papers_networks(episode, frame, kind, network, pairs_of):
    pairs = pairs_of(episode, frame)
    lookahead_s = POLICY_TYPES[kind].lookahead_s
    card = PolicyCard(
        type=kind, embodiment="pianomime", timing=TIMING, lookahead_s=lookahead_s, coordinates=()
    )
    sizes = POLICY_TYPES[kind].sizes(frame, Checkpoint(card, {}, {}))
    assert (pairs.inputs.shape[1], pairs.answers.shape[1]) == sizes[network]
    assert np.isfinite(pairs.answers).all()


def test_a_mirrored_song_swaps_the_inputs_of_the_hands(tune, lesson, simulation, frame):
    turned = {
        (note.first, 82 - note.key): (note.finger + 5) % 10
        for note in to_steps(lesson.score.notes, TIMING)
    }  # the D around which black keys lie alike is key 41
    given = [turned[n.first, n.key] for n in to_steps(mirrored(tune).notes, TIMING)]
    other = lesson_of(mirrored(tune).with_fingers(given), simulation.hands)
    here, there = (show(each, simulation, frame, scale=0.0) for each in (lesson, other))
    steps, lead = len(here.pose), lesson.plan.lead
    seen, turned_seen = (fingertip_pairs(e, frame).inputs for e in (here, there))
    tips = slice(0, 15)
    off = np.abs(seen[steps:][lead:, tips] - turned_seen[:steps][lead:, tips])
    assert np.quantile(off, 0.9) < 0.05


def test_fingers_are_corrected_in_the_students_states(tune, bundled):
    student = bundled.networks[FINGERS]
    pairs, own = corrected(tune, student, TIMING, SHADOW), taught(tune, TIMING, SHADOW)
    assert pairs.rows == own.rows
    assert not np.array_equal(pairs.inputs, own.inputs), "the student led elsewhere"
    assert ((pairs.answers >= 0) & (pairs.answers < 10)).all()
