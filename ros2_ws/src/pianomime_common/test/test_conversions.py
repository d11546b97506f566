import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message

from pianomime.hands.embodiment import embodiment
from pianomime.hands.hands_model import HandsModel
from pianomime.planning.fingertip_plan import FingertipPlanConfig, plan_fingertips
from pianomime.safety.command_gate import CommandGate
from pianomime.safety.gate_config import GateConfig
from pianomime.safety.gate_types import GateResult, Verdict
from pianomime.score.goals import key_goals
from pianomime.score.message import from_message
from pianomime.score.score import Note, PedalEvent, Score
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import MidiEvent, MidiKind
from pianomime_common import conversions
from pianomime_msgs import msg


def over_the_wire(message):
    return deserialize_message(serialize_message(message), type(message))


@pytest.fixture
def score():
    notes = [Note(0.0, 0.5, 39, 80, 5), Note(0.25, 0.75, 87, 1, -1)]
    return Score.from_notes("song", notes, [PedalEvent(0.1, True), PedalEvent(0.6, False)])


@pytest.mark.parametrize("time_s", [0.05, 1.0, 12.345678, 86_400.25])
def test_times_come_back_to_the_microsecond(time_s):
    assert conversions.from_time(conversions.to_time(time_s)) == pytest.approx(time_s, abs=1e-6)


def test_equal_steps_give_equal_stamps():
    assert conversions.to_time(3 * 0.05) == conversions.to_time(0.15)


def test_a_score_comes_back_whole(score):
    message = over_the_wire(conversions.to_score(score, 1.0, 1.5))
    assert from_message(message) == score
    assert message.sha256 == score.sha256
    assert message.lead_in_s == 1.5


def test_a_key_goal_comes_back_whole(score):
    keys, sustain = key_goals(score, 0.05).window(2, 5)
    goal = conversions.KeyGoal(1.1, score.sha256, 0.1, 0.05, keys, sustain, msg.KeyGoal.PLAYING)
    back = conversions.from_key_goal(over_the_wire(conversions.to_key_goal(goal)))
    assert np.array_equal(back.keys, keys)
    assert np.array_equal(back.sustain, sustain)
    assert (back.stamp_s, back.score_sha256, back.phase) == (1.1, score.sha256, 1)
    assert back.score_step == 2


def test_fingertip_goals_are_the_plans_rows_and_free_beyond(score):
    plan = plan_fingertips(
        score, key_goals(score, 0.05), lead=4, tail=2, config=FingertipPlanConfig()
    )
    message = conversions.to_fingertip_goal(plan, 10, 20, score.sha256, 1.0, 0.05)
    message = over_the_wire(message)
    rows = len(plan.key) - 10
    positions = np.array(message.position).reshape(message.rows, 10, 3)
    assert positions.shape == (20, 10, 3)
    assert np.array_equal(positions[:rows], plan.position[10:], equal_nan=True)
    assert np.isnan(positions[rows:]).all()
    valid = np.array(message.valid, bool).reshape(20, 10)
    assert np.array_equal(valid, ~np.isnan(positions[..., 0]))
    assert np.array_equal(np.array(message.key).reshape(20, 10)[:rows], plan.key[10:])
    assert not np.array(message.contact).reshape(20, 10)[rows:].any()


def test_joint_positions_are_found_by_name():
    state = conversions.to_joint_state(["a", "b"], np.array([1.0, 2.0]), np.zeros(2), 1.0)
    assert conversions.joint_positions(over_the_wire(state), ["b", "a"]).tolist() == [2.0, 1.0]
    with pytest.raises(KeyError, match="c"):
        conversions.joint_positions(state, ["c"])


def test_a_trajectory_comes_back_whole():
    names, position = ["rh_FFJ1", "rh_FFJ2"], np.array([0.25, -1.5])
    message = over_the_wire(conversions.to_trajectory(names, position, 2.05, 0.05))
    back_names, back, stamp_s = conversions.from_trajectory(message)
    assert (back_names, back.tolist(), stamp_s) == (names, position.tolist(), 2.05)
    assert message.points[0].time_from_start.nanosec == 50_000_000


def test_a_trajectory_without_a_point_has_no_positions():
    message = conversions.to_trajectory(["rh_FFJ1"], np.array([0.0]), 1.0, 0.05)
    message.points = []
    assert len(conversions.from_trajectory(message)[1]) == 0


def test_a_midi_event_comes_back_in_ros_time():
    event = MidiEvent(0.125, MidiKind.NOTE_ON, 60, 99)
    back = conversions.from_midi_event(over_the_wire(conversions.to_midi_event(event, 1.0)))
    assert back == MidiEvent(1.125, MidiKind.NOTE_ON, 60, 99)


def test_enumerations_are_the_messages_constants():
    for kind in MidiKind:
        assert getattr(msg.MidiEvent, kind.name) == kind
    for verdict in Verdict:
        assert getattr(msg.GateStatus, verdict.name) == verdict


def test_the_gates_status_tells_verdict_and_counts():
    gate = CommandGate(HandsModel.of(load_model(embodiment("robopianist"))), GateConfig(), 0.05)
    counts = {"accepted": 3, "clamped": 2, "limited": 5, "slowed": 6, "rejected": 1}
    result = GateResult(Verdict.REJECTED_STAMP, "old")
    status = conversions.to_gate_status(gate, "expert", result, counts, 1.0)
    assert (status.verdict, status.detail, status.owner) == (6, "old", "expert")
    assert (status.state, status.reason) == (0, gate.reason)
    assert (status.accepted, status.clamped, status.rejected) == (3, 2, 1)
