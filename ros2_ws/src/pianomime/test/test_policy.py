import dataclasses
import pickle
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pianomime.errors import ModelError
from pianomime.evaluation.players import LEAD, command_of
from pianomime.hands.hands_model import HandsModel
from pianomime.learning.datasets import finger_pairs
from pianomime.learning.finger_lessons import note_table
from pianomime.metrics.key_press import key_press_metrics
from pianomime.piano.geometry import N_KEYS
from pianomime.planning.rollout import roll_out
from pianomime.policy.checkpoint import (
    Checkpoint,
    PolicyCard,
    load_checkpoint,
    save_checkpoint,
)
from pianomime.policy.finger_choice import COMMIT_STEPS, WINDOW_STEPS
from pianomime.policy.generalist import FingerMemory, Generalist, Networks, fingered, sizes
from pianomime.policy.hand_frame import HandFrame, random_pose
from pianomime.policy.mlp import Mlp
from pianomime.policy.observation import CHUNK
from pianomime.policy.schedule import one_key_a_finger, schedule
from pianomime.score.goals import key_goals
from pianomime.score.score import Note, Score
from pianomime.simulation.model import CONTROL_DT_S
from pianomime.simulation.simulation import PianoSimulation

SHIPPED = Path(__file__).parents[4] / "models/generalist_pianomime.safetensors"
SCALE = Score.from_notes(
    "scale",
    [Note(i * 0.4, i * 0.4 + 0.35, k) for i, k in enumerate((39, 41, 43, 44, 46, 44, 43, 41, 39))],
)


def random_mlp(inputs, outputs, seed=0):
    rng = np.random.default_rng(seed)
    sides = (inputs, 16, outputs)
    layers = tuple(
        (rng.normal(0, 0.1, (b, a)).astype(np.float32), np.zeros(b, np.float32))
        for a, b in pairwise(sides)
    )
    return Mlp(np.zeros(inputs, np.float32), np.ones(inputs, np.float32), layers)


def random_checkpoint(frame):
    networks = {name: random_mlp(*size) for name, size in sizes(frame).items()}
    probes = {}
    for name, network in networks.items():
        seen = np.random.default_rng(1).normal(size=(4, network.inputs)).astype(np.float32)
        probes[name] = seen, network(seen)
    card = PolicyCard("pianomime", frame.names, {"seed": 0}, {"episodes": 3})
    return Checkpoint(Networks(**networks), card, probes)


@pytest.fixture(scope="module")
def frame(pianomime_hands):
    return HandFrame(pianomime_hands)


@pytest.fixture(scope="module")
def shipped():
    return load_checkpoint(SHIPPED)


# --- the frame -----------------------------------------------------------------------------------


def test_both_hands_are_right_hands_in_the_frame(hands):
    frame = HandFrame(hands)
    rng = np.random.default_rng(0)
    poses = random_pose(frame, rng)
    np.testing.assert_allclose(frame.joints(frame.poses(poses)), poses, atol=1e-12)
    simulation = PianoSimulation(hands.model)
    simulation.place(poses)
    seen = frame.fingertips(frame.poses(poses)) * np.array([[[1, -1, 1]], [[1, 1, 1]]])
    np.testing.assert_allclose(seen.reshape(10, 3), simulation.fingertip_position, atol=1e-6)


def test_hands_that_are_no_mirror_images_are_refused(pianomime_hands):
    bent = HandsModel.of(PianoSimulation(pianomime_hands.model).model.__copy__())
    body = bent.model.body("lh_shadow_hand/lh_ffdistal").id
    bent.model.body_pos[body] += 0.01
    with pytest.raises(ModelError, match="mirror images"):
        HandFrame(bent)


# --- what the fingers are to do ------------------------------------------------------------------


def test_a_finger_holds_one_key_at_a_time():
    notes = np.array([[0, 9, 40, 5], [4, 6, 42, 5], [4, 8, 45, 6]])
    assert one_key_a_finger(notes).tolist() == [[0, 3, 40, 5], [4, 6, 42, 5], [4, 8, 45, 6]]


def test_the_schedule_tells_the_key_that_is_held_and_the_next():
    notes = np.array([[0, 3, 40, 5], [6, 8, 42, 5], [6 + COMMIT_STEPS, 40, 44, 6]])
    plan = schedule(notes, 1, np.array([2, 4, 9]))
    assert plan.key[0, 0].tolist() == [40, 42]
    assert plan.begins[0, 0].tolist() == [-2, 4]
    assert plan.key[1, 0].tolist() == [42, 0]
    assert not plan.present[1, 1].any(), "too far ahead"
    assert plan.key[2, 1, 0] == 44
    assert plan.contact(0)[:, 0].tolist() == [True, False, False]
    assert plan.contact(2)[1, 0]
    assert not schedule(notes, 0, np.array([2])).present.any(), "the other hand's"


def test_a_note_keeps_its_finger_from_when_it_is_chosen_until_it_ends(shipped):
    goals = key_goals(SCALE, CONTROL_DT_S)
    memory, seen = FingerMemory(shipped.networks.fingers), {}
    for now in range(-LEAD, len(goals.keys)):
        memory.update(now, goals.window(now, WINDOW_STEPS + 1)[0])
        for first, _, key, finger in memory.notes.tolist():
            assert first <= now + COMMIT_STEPS
            assert seen.setdefault((first, key), finger) == finger
    assert len(seen) == len(SCALE.notes)
    chosen = [note.finger for note in fingered(SCALE, goals, shipped.networks.fingers).notes]
    assert sorted(seen.values()) == sorted(chosen)


def test_it_chooses_by_the_same_sight_as_in_training(shipped):
    notes = [Note(i * 0.25, i * 0.25 + d, 30 + 3 * i, 64) for i, d in enumerate((3, 1, 2, 0.2, 1))]
    score = Score.from_notes("long notes", [*notes, *(Note(2.0, 2.4, k) for k in (40, 44))])
    goals = key_goals(score, CONTROL_DT_S)
    seen = []

    def network(inputs):
        seen.append(inputs)
        return shipped.networks.fingers(inputs)

    chosen = fingered(score, goals, network)
    pairs = finger_pairs(note_table(chosen, goals))
    np.testing.assert_array_equal(np.concatenate(seen), pairs.inputs)


def test_notes_beyond_ten_at_once_take_no_finger_from_the_others(shipped):
    cluster = Score.from_notes("cluster", [Note(0.5, 1.5, 30 + 2 * i) for i in range(12)])
    goals = key_goals(cluster, CONTROL_DT_S)
    fingers = [note.finger for note in fingered(cluster, goals, shipped.networks.fingers).notes]
    assert sorted(fingers) == [-1, -1, *range(10)]


def test_after_a_jump_in_the_song_old_notes_are_forgotten(shipped):
    memory = FingerMemory(shipped.networks.fingers)
    keys = np.zeros((WINDOW_STEPS + 1, N_KEYS), bool)
    keys[2:20, 40] = True
    memory.update(0, keys)
    assert memory.notes[0, 0] == 2
    later = np.zeros_like(keys)
    later[0:5, 40] = True
    memory.update(100, later)
    assert memory.notes[:, :3].tolist() == [[100, 104, 40]]


# --- checkpoints ---------------------------------------------------------------------------------


def test_a_checkpoint_is_read_as_it_was_written(frame, pianomime_hands, tmp_path):
    made = random_checkpoint(frame)
    save_checkpoint(made, tmp_path / "a.safetensors")
    read = load_checkpoint(tmp_path / "a.safetensors")
    read.check_embodiment("pianomime")
    read.check_hands(pianomime_hands)
    assert read.card == made.card
    x = np.ones((2, made.networks.joints.inputs), np.float32)
    np.testing.assert_array_equal(read.networks.joints(x), made.networks.joints(x))


class _Evil:
    def __reduce__(self):
        return Path.touch, (Path("evil"),)


def test_what_is_no_checkpoint_is_refused_and_not_executed(frame, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    whole = tmp_path / "whole.safetensors"
    save_checkpoint(random_checkpoint(frame), whole)
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(whole.read_bytes()[:-100])
    pickled = tmp_path / "pickled.safetensors"
    pickled.write_bytes(pickle.dumps(_Evil()))
    for path in (cut, pickled, tmp_path / "gone.safetensors", tmp_path):
        with pytest.raises(ModelError, match="not a policy"):
            load_checkpoint(path)
    assert not (tmp_path / "evil").exists()


def rewritten(checkpoint, path, monkeypatch, **changes):
    for name, value in changes.items():
        monkeypatch.setattr(f"pianomime.policy.checkpoint.{name}", value)
    save_checkpoint(checkpoint, path)
    monkeypatch.undo()


def test_another_version_is_refused(frame, tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    rewritten(random_checkpoint(frame), path, monkeypatch, FORMAT=99)
    with pytest.raises(ModelError, match="another version"):
        load_checkpoint(path)


def test_weights_that_answer_otherwise_than_torch_did_are_refused(frame, tmp_path):
    made = random_checkpoint(frame)
    seen, said = made.probes["joints"]
    made.probes["joints"] = seen, said + 0.1
    save_checkpoint(made, tmp_path / "a.safetensors")
    with pytest.raises(ModelError, match=r"joints answers 0\.1 off"):
        load_checkpoint(tmp_path / "a.safetensors")


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"0.weight": np.ones((16, 3), np.float32)}, r"0\.weight is of shape \(16, 3\); must be"),
        ({"deviation": np.zeros(5, np.float32)}, "deviation must be positive"),
        ({"1.bias": np.full(2, np.nan, np.float32)}, r"1\.bias must be finite"),
        ({"mean": None}, "mean is missing"),
        ({"0.weight": np.zeros((16, 5), np.float64)}, r"0\.weight must be finite numbers of 32"),
    ],
)
def test_a_broken_network_is_refused_by_name(tensors, message):
    whole = random_mlp(5, 2).tensors() | tensors
    whole = {name: array for name, array in whole.items() if array is not None}
    with np.errstate(all="ignore"), pytest.raises(ModelError, match=f"low: {message}"):
        Mlp.of("low", whole)


def test_a_policy_for_other_hands_is_refused(frame, pianomime_hands):
    made = random_checkpoint(frame)
    with pytest.raises(ModelError, match="for embodiment 'pianomime', not 'robopianist'"):
        made.check_embodiment("robopianist")
    turned = dataclasses.replace(made.card, coordinates=frame.names[::-1])
    with pytest.raises(ModelError, match="policy for the joints forearm_tz, forearm_ty"):
        dataclasses.replace(made, card=turned).check_hands(pianomime_hands)
    networks = dataclasses.replace(made.networks, joints=random_mlp(7, frame.n))
    with pytest.raises(ModelError, match="network joints takes 7 and gives 23; must be"):
        dataclasses.replace(made, networks=networks).check_hands(pianomime_hands)


def test_the_shipped_checkpoint_is_small_and_fits_the_hands(shipped, pianomime_hands):
    assert SHIPPED.stat().st_size < 20e6
    shipped.check_hands(pianomime_hands)
    assert len(shipped.card.data["held_out"]) == 24


# --- playing -------------------------------------------------------------------------------------


def play(shipped, hands, score, simulation=None):
    simulation = simulation or PianoSimulation(hands.model)
    goals = key_goals(score, CONTROL_DT_S)
    command = command_of(Generalist(hands, shipped.networks), goals, simulation)
    return goals, roll_out(command, LEAD, len(goals.keys), simulation)


def test_it_plays_a_scale_it_never_saw_and_the_same_each_time(shipped, pianomime_hands):
    goals, first = play(shipped, pianomime_hands, SCALE)
    assert key_press_metrics(goals.keys, first.pressed).f1 > 0.8
    _, second = play(shipped, pianomime_hands, SCALE)
    np.testing.assert_array_equal(first.position, second.position)


def test_it_plays_from_wherever_the_hands_are(shipped, pianomime_hands, frame):
    class Anywhere(PianoSimulation):
        def reset(self):
            super().reset()
            if hasattr(self, "hands"):
                self.place(random_pose(frame, np.random.default_rng(3)))

    simulation = Anywhere(pianomime_hands.model)
    goals, rollout = play(shipped, pianomime_hands, SCALE, simulation)
    assert np.abs(rollout.position[0]).max() > 0.1
    assert key_press_metrics(goals.keys, rollout.pressed).f1 > 0.7


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_goals_from_anywhere_get_finite_commands(shipped, pianomime_hands, frame, data):
    generalist = Generalist(pianomime_hands, shipped.networks)
    seed = data.draw(st.integers(0, 10**6))
    density = data.draw(st.sampled_from((0.0, 0.01, 0.1, 0.5, 1.0)))
    rows = data.draw(st.integers(1, WINDOW_STEPS + 5))
    rng = np.random.default_rng(seed)
    now = 0
    for _ in range(4):
        keys = rng.random((rows, N_KEYS)) < density
        target = generalist.step(now, keys, random_pose(frame, rng), rng.random(N_KEYS))
        assert target.shape == (len(pianomime_hands.joint_names),)
        assert np.isfinite(target).all()
        now += data.draw(st.integers(1, 7))


def test_without_sight_it_follows_what_is_left_of_the_chunk_and_then_says_nothing(
    shipped, pianomime_hands
):
    def f1(answer_unseen):
        simulation = PianoSimulation(pianomime_hands.model)
        generalist = Generalist(pianomime_hands, shipped.networks)
        goals = key_goals(SCALE, CONTROL_DT_S)
        said = []

        def command(step, measured):
            keys, sustain = goals.window(step, WINDOW_STEPS + 1)
            if step % 4 >= 2:
                target = answer_unseen(generalist, step, keys, said[-1])
            else:
                target = generalist.step(step, keys, measured, simulation.key_position)
            said.append(target)
            return target, bool(sustain[0])

        rollout = roll_out(command, LEAD, len(goals.keys), simulation)
        return key_press_metrics(goals.keys, rollout.pressed).f1

    carried_on = f1(lambda generalist, step, keys, last: generalist.carry_on(step, keys))
    assert carried_on > f1(lambda generalist, step, keys, last: last) + 0.05
    generalist = Generalist(pianomime_hands, shipped.networks)
    keys = np.zeros((WINDOW_STEPS + 1, N_KEYS), bool)
    assert generalist.carry_on(0, keys) is None, "it has never seen the hands"
    generalist.step(0, keys, np.zeros(len(pianomime_hands.joint_names)), np.zeros(N_KEYS))
    left = [generalist.carry_on(now, keys) is not None for now in range(1, CHUNK + 1)]
    assert left == [True] * (CHUNK - 1) + [False]
    generalist.reset()
    assert generalist.carry_on(1, keys) is None
