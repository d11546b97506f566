from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pianomime.errors import ModelError
from pianomime.hands.embodiment import embodiment
from pianomime.hands.fingers import UNASSIGNED
from pianomime.hands.hands_model import HandsModel
from pianomime.learning.datasets import finger_pairs, observed
from pianomime.learning.teacher import Disturbance, Lesson, demonstrate
from pianomime.metrics.key_press import key_press_metrics
from pianomime.piano.geometry import N_KEYS
from pianomime.planning.performance_plan import LEAD_IN_S, plan_performance
from pianomime.planning.rollout import play_on, roll_out
from pianomime.policy.finger_choice import COMMIT_S, LOOKAHEAD_S
from pianomime.policy.finger_memory import FingerMemory, fingered
from pianomime.policy.generalist import FINGERS, FINGERTIPS, JOINTS
from pianomime.policy.hand_frame import HandFrame, random_pose
from pianomime.policy.network_inputs import fingertip_inputs
from pianomime.policy.player import PolicyPlayer, policy_act
from pianomime.policy.registry import make_policy
from pianomime.policy.schedule import Schedule, schedule
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Note, Score
from pianomime.score.step_notes import StepNote, one_key_a_finger, to_steps
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import ROBOPIANIST_TIMING as TIMING
from pianomime.timing import Timing

BUNDLED = Path(__file__).parents[4] / "models/generalist_pianomime.safetensors"
LAYOUT = embodiment("pianomime").layout
COMMIT, HORIZON = TIMING.steps(COMMIT_S), TIMING.steps(LOOKAHEAD_S) + 1
UP = np.zeros(1, bool)
SCALE = Score.from_notes(
    "scale",
    [Note(i * 0.4, i * 0.4 + 0.35, k) for i, k in enumerate((39, 41, 43, 44, 46, 44, 43, 41, 39))],
)


@pytest.fixture(scope="module")
def finger_network(bundled):
    return bundled.networks[FINGERS]


# --- the frame -----------------------------------------------------------------------------------


def test_both_hands_are_right_hands_in_the_frame(shadow_hands):
    frame = HandFrame(shadow_hands)
    poses = random_pose(frame, np.random.default_rng(0))
    np.testing.assert_allclose(frame.joints(frame.poses(poses)), poses, atol=1e-12)
    simulation = PianoSimulation(shadow_hands, TIMING)
    simulation.place(poses)
    seen = frame.fingertips(frame.poses(poses)) * np.array([[[1, -1, 1]], [[1, 1, 1]]])
    np.testing.assert_allclose(seen.reshape(10, 3), simulation.fingertip_position, atol=1e-6)


def test_hands_that_are_no_mirror_images_are_refused(pianomime_hands):
    bent = HandsModel.of(pianomime_hands.spec, pianomime_hands.model.__copy__())
    body = bent.model.body("lh_shadow_hand/lh_ffdistal").id
    bent.model.body_pos[body] += 0.01
    with pytest.raises(ModelError, match="mirror images"):
        HandFrame(bent)


# --- fingers -------------------------------------------------------------------------------------


def test_a_schedule_has_the_held_key_and_the_next():
    far = 6 + COMMIT
    notes = [StepNote(0, 3, 40, 64, 5), StepNote(6, 8, 42, 64, 5), StepNote(far, 40, 44, 64, 6)]
    plan = schedule(one_key_a_finger(notes), np.array([2, 4, 9]), TIMING, LAYOUT)
    columns = (plan.key, plan.present, plan.begins, plan.ends)
    left, right = (
        Schedule(TIMING, *(c[rows] for c in columns)) for rows in (slice(3), slice(3, 6))
    )
    assert right.key[0, 0].tolist() == [40, 42]
    assert right.begins[0, 0].tolist() == [-2, 4]
    assert right.key[1, 0].tolist() == [42, 0]
    assert not right.present[1, 1].any(), "too far ahead"
    assert right.key[2, 1, 0] == 44
    assert right.contacts(3)[:, 0, 0].tolist() == [True, False, False]
    assert right.contacts(3)[1, 2, 0]
    assert not left.present.any()


def test_a_note_keeps_its_finger_until_it_ends(finger_network):
    goals, seen = ScoreGoals.of(SCALE, TIMING), {}
    memory = FingerMemory(finger_network, TIMING, LAYOUT)
    for now in range(-20, goals.steps):
        memory.update(now, goals.notes_in(now, HORIZON))
        assert {(n.key, n.first): n.finger for n in memory.notes} == memory.fingers
        for note in memory.notes:
            assert note.first <= now + COMMIT
            assert seen.setdefault((note.first, note.key), note.finger) == note.finger
    assert len(seen) == len(SCALE.notes)
    chosen = [note.finger for note in fingered(SCALE, TIMING, finger_network, LAYOUT).notes]
    assert [finger for _, finger in sorted(seen.items())] == chosen


def test_fingers_are_seen_as_in_training(finger_network):
    notes = [Note(i * 0.25, i * 0.25 + d, 30 + 3 * i, 64) for i, d in enumerate((3, 1, 2, 0.2, 1))]
    score = Score.from_notes("long notes", [*notes, *(Note(2.0, 2.4, k) for k in (40, 44))])
    seen = []

    def network(inputs):
        seen.append(inputs)
        return finger_network(inputs)

    chosen = fingered(score, TIMING, network, LAYOUT)
    pairs = finger_pairs(to_steps(chosen.notes, TIMING), TIMING, LAYOUT)
    np.testing.assert_array_equal(np.concatenate(seen), pairs.inputs)


def test_notes_beyond_ten_leave_the_others_their_fingers(finger_network):
    cluster = Score.from_notes("cluster", [Note(0.5, 1.5, 30 + 2 * i) for i in range(12)])
    fingers = [note.finger for note in fingered(cluster, TIMING, finger_network, LAYOUT).notes]
    assert sorted(fingers) == [UNASSIGNED, UNASSIGNED, *range(10)]


def test_after_a_jump_in_the_song_old_notes_are_gone(finger_network):
    memory = FingerMemory(finger_network, TIMING, LAYOUT)
    memory.update(0, [StepNote(2, 19, 40)])
    assert [note.first for note in memory.notes] == [2]
    memory.update(100, [StepNote(98, 104, 40)])
    assert [(n.first, n.last, n.key) for n in memory.notes] == [(98, 104, 40)]


# --- playing -------------------------------------------------------------------------------------


def play(bundled, hands, *, score=SCALE, timing=TIMING, start=None):
    simulation = PianoSimulation(hands, timing)
    goals = ScoreGoals.of(score, timing)
    act = policy_act(make_policy(bundled, hands, timing), goals, simulation)
    if start is None:
        return goals, roll_out(act, LEAD_IN_S, goals.steps, simulation)
    simulation.place(start)
    lead = timing.steps(LEAD_IN_S)
    return goals, play_on(act, -lead, lead + goals.steps, simulation)


def test_it_plays_a_scale_and_the_same_each_time(bundled, pianomime_hands):
    goals, first = play(bundled, pianomime_hands)
    assert key_press_metrics(goals.keys, first.pressed).f1 > 0.8
    _, second = play(bundled, pianomime_hands)
    np.testing.assert_array_equal(first.position, second.position)


def test_it_plays_from_wherever_the_hands_are(bundled, pianomime_hands, frame):
    start = random_pose(frame, np.random.default_rng(3))
    goals, rollout = play(bundled, pianomime_hands, start=start)
    assert np.abs(rollout.position[0]).max() > 0.1
    assert key_press_metrics(goals.keys, rollout.pressed).f1 > 0.7


def test_it_plays_with_several_points_a_command(bundled, pianomime_hands):
    goals, rollout = play(bundled, pianomime_hands, timing=Timing(command_s=0.01))
    assert key_press_metrics(goals.keys, rollout.pressed).f1 > 0.7


def test_networks_see_in_playing_what_training_shows(bundled, pianomime_hands, frame):
    simulation = PianoSimulation(pianomime_hands, TIMING)
    score = fingered(SCALE, TIMING, bundled.networks[FINGERS], LAYOUT)
    lesson = Lesson(score, plan_performance(score, pianomime_hands, TIMING), "pianomime")
    seen = []

    class Spy:
        inputs, outputs = (
            bundled.networks[FINGERTIPS].inputs,
            bundled.networks[FINGERTIPS].outputs,
        )

        def __call__(self, x):
            seen.append(x)
            return bundled.networks[FINGERTIPS](x)

    spied = dict(bundled.networks) | {FINGERTIPS: Spy()}
    policy = make_policy(bundled.__class__(bundled.card, spied, {}), pianomime_hands, TIMING)
    drive = policy_act(policy, ScoreGoals.of(score, TIMING), simulation)
    chance = Disturbance(0.0, np.random.default_rng(0))
    episode = demonstrate(lesson, simulation, frame, chance, drive)
    shown = observed(episode, frame)
    inputs = fingertip_inputs(frame, shown.state, shown.plan)
    both = np.stack(np.split(inputs, 2), axis=1)
    steps = lesson.plan.lead + ScoreGoals.of(score, TIMING).steps - HORIZON
    np.testing.assert_allclose(np.stack(seen)[1:steps], both[1:steps], atol=1e-3)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_goals_get_finite_commands(bundled, pianomime_hands, frame, data):
    player = PolicyPlayer(make_policy(bundled, pianomime_hands, TIMING), TIMING)
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    count = data.draw(st.sampled_from((0, 1, 5, 40)))
    now = 0
    for _ in range(4):
        firsts, keys = rng.integers(-5, HORIZON + 5, count), rng.integers(0, N_KEYS, count)
        notes = [
            StepNote(now + f, now + f + rng.integers(9), k)
            for f, k in zip(firsts, keys, strict=True)
        ]
        position, pressed = random_pose(frame, rng), rng.random(N_KEYS)
        command = player.step(now, notes, UP, position, pressed)
        assert command.target.shape == (1, len(pianomime_hands.joint_names))
        assert np.isfinite(command.target).all()
        now += data.draw(st.integers(1, 7))


def test_without_observations_its_action_is_carried_on(bundled, pianomime_hands):
    def f1(without_observation):
        simulation = PianoSimulation(pianomime_hands, TIMING)
        player = PolicyPlayer(make_policy(bundled, pianomime_hands, TIMING), TIMING)
        goals, commands = ScoreGoals.of(SCALE, TIMING), []

        def act(step, measured):
            if step % 4 >= 2:
                command = without_observation(player, step, commands[-1])
            else:
                notes = goals.notes_in(step, HORIZON)
                command = player.step(step, notes, UP, measured, simulation.key_position)
            commands.append(command)
            return command

        rollout = roll_out(act, LEAD_IN_S, goals.steps, simulation)
        return key_press_metrics(goals.keys, rollout.pressed).f1

    carried_on = f1(lambda player, step, _: player.carry_on(step, UP))
    assert carried_on > f1(lambda player, step, last: last) + 0.05


def test_an_action_ends_with_its_chunk(bundled, pianomime_hands):
    player = PolicyPlayer(make_policy(bundled, pianomime_hands, TIMING), TIMING)
    assert player.carry_on(0, UP) is None, "nothing was observed"
    player.step(0, [], UP, np.zeros(len(pianomime_hands.joint_names)), np.zeros(N_KEYS))
    left = [player.carry_on(now, UP) is not None for now in range(1, 5)]
    assert left == [True, True, True, False]
    player.reset()
    assert player.carry_on(1, UP) is None


def test_the_bundled_checkpoint_is_small(bundled):
    assert BUNDLED.stat().st_size < 20e6
    assert set(bundled.networks) == {FINGERS, FINGERTIPS, JOINTS}
    assert len(bundled.card.data["held_out"]) == 24
