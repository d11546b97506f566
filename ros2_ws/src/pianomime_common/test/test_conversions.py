import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message

from pianomime.command import Command
from pianomime.errors import ConfigError
from pianomime.hands.embodiment import embodiment
from pianomime.hands.hands_model import PEDAL
from pianomime.safety.command_gate import CommandGate
from pianomime.safety.gate_config import GateConfig
from pianomime.safety.gate_types import GateResult, GateState, Verdict
from pianomime.score.goal import Goal
from pianomime.score.goals import ScoreGoals
from pianomime.score.message import from_message
from pianomime.score.score import Note, PedalEvent, Score
from pianomime.score.step_notes import key_matrix
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import MidiEvent, MidiKind
from pianomime.timing import ROBOPIANIST_TIMING, Timing
from pianomime_common import conversions
from pianomime_msgs import msg


def over_the_wire(message):
    return deserialize_message(serialize_message(message), type(message))


@pytest.fixture
def score():
    notes = [Note(0.0, 0.5, 39, 80, 5), Note(0.25, 0.75, 87, 1, -1)]
    return Score.from_notes("song", notes, [PedalEvent(0.1, True), PedalEvent(0.6, False)])


@pytest.mark.parametrize("time_s", [0.05, 1.0, 12.345678, 86_400.25])
def test_times_survive_the_round_trip_to_the_microsecond(time_s):
    assert conversions.from_time(conversions.to_time(time_s)) == pytest.approx(time_s, abs=1e-6)


def test_equal_steps_give_equal_stamps():
    assert conversions.to_time(3 * 0.05) == conversions.to_time(0.15)


def test_a_score_survives_the_round_trip(score):
    message = over_the_wire(conversions.to_score(score, 1.0, 1.5))
    assert from_message(message) == score
    assert message.sha256 == score.sha256
    assert message.lead_in_s == 1.5


@pytest.mark.parametrize("command_s", [0.05, 0.01])
def test_a_key_goal_survives_the_round_trip(score, command_s):
    timing = Timing(command_s=command_s)
    goal = Goal.of(score, ScoreGoals.of(score, timing), step=2, horizon=5)
    key_goal = conversions.KeyGoal(1.1, score.sha256, goal, msg.KeyGoal.PLAYING, ahead_s=0.1)
    message = over_the_wire(conversions.to_key_goal(key_goal))
    assert (message.score_time_s, message.decision_s, message.command_s) == (0.1, 0.05, command_s)
    assert message.horizon_s == 0.25
    back = conversions.from_key_goal(message)
    assert back == key_goal
    assert (back.goal.notes, back.goal.index) == (score.notes, (0, 1))
    assert (back.score_time_s, back.judged_at_s) == (0.1, pytest.approx(1.25))


def test_the_key_matrix_is_derived_from_a_goals_notes(score):
    goals = ScoreGoals.of(score, ROBOPIANIST_TIMING)
    key_goal = conversions.KeyGoal(1.1, score.sha256, Goal.of(score, goals, 2, 5), 1)
    back = conversions.from_key_goal(over_the_wire(conversions.to_key_goal(key_goal))).goal
    assert np.array_equal(key_matrix(back.step_notes, 2, 5), goals.keys[2:7])
    assert back.sustain.tolist() == goals.sustain[2].tolist() == [True]


def test_a_goal_of_an_illegal_timing_is_refused(score):
    goal = Goal.of(score, ScoreGoals.of(score, ROBOPIANIST_TIMING), 2, 5)
    message = conversions.to_key_goal(conversions.KeyGoal(1.1, score.sha256, goal, 1))
    message.command_s = 0.03
    with pytest.raises(ConfigError, match=r"decision_s = 0\.05: must be a multiple of command_s"):
        conversions.from_key_goal(message)


def test_a_fingering_survives_the_round_trip(score):
    fingers = {3: 0, 70_000: -1, 5: 9}
    message = conversions.to_fingering("planner", score.sha256, fingers, 1.1)
    message = over_the_wire(message)
    assert (message.source, message.score_sha256) == ("planner", score.sha256)
    assert conversions.from_fingering(message) == fingers


def test_joint_positions_are_found_by_name():
    state = conversions.to_joint_state(["a", "b"], np.array([1.0, 2.0]), np.zeros(2), 1.0)
    assert conversions.joint_positions(over_the_wire(state), ["b", "a"]).tolist() == [2.0, 1.0]
    with pytest.raises(KeyError, match="c"):
        conversions.joint_positions(state, ["c"])


def test_a_trajectory_survives_the_round_trip():
    names, positions = ["rh_FFJ1", "rh_FFJ2"], np.array([[0.25, -1.5], [0.5, -1.0]])
    message = over_the_wire(conversions.to_trajectory(names, positions, (0.01, 1.02), 2.05))
    back = conversions.from_trajectory(message)
    assert (back.names, np.array(back.positions).tolist()) == (names, positions.tolist())
    assert (back.times_s, back.stamp_s) == ([0.01, 1.02], 2.05)
    assert message.points[0].time_from_start.nanosec == 10_000_000
    assert message.points[1].time_from_start.sec == 1


def test_the_pedal_is_a_commands_last_joint():
    command = Command(np.array([[0.25], [0.5]]), np.array([False, True]), (0.025, 0.05))
    message = conversions.command_to_trajectory(["rh_FFJ1", PEDAL], command, 1.0)
    back = conversions.from_trajectory(over_the_wire(message))
    assert np.array(back.positions).tolist() == [[0.25, 0.0], [0.5, 1.0]]
    assert back.times_s == [0.025, 0.05]


def test_a_trajectory_without_a_point_has_no_positions():
    message = conversions.to_trajectory(["rh_FFJ1"], np.array([[0.0]]), (0.0,), 1.0)
    message.points = []
    back = conversions.from_trajectory(message)
    assert (len(back.positions), len(back.times_s)) == (0, 0)


def test_a_midi_event_survives_the_round_trip_in_ros_time():
    event = MidiEvent(0.125, MidiKind.NOTE_ON, 60, 99)
    back = conversions.from_midi_event(over_the_wire(conversions.to_midi_event(event, 1.0)))
    assert back == MidiEvent(1.125, MidiKind.NOTE_ON, 60, 99)


def test_enumerations_are_the_messages_constants():
    for kind in MidiKind:
        assert getattr(msg.MidiEvent, kind.name) == kind
    for value in (*Verdict, *GateState):
        assert getattr(msg.GateStatus, value.name) == value


def test_the_gates_status_has_verdict_and_counts():
    hands = load_model(embodiment("robopianist"))
    gate = CommandGate(hands, GateConfig(), ROBOPIANIST_TIMING)
    counts = {"accepted": 3, "clamped": 2, "limited": 5, "slowed": 6, "rejected": 1}
    result = GateResult(Verdict.REJECTED_STAMP, "old")
    status = conversions.to_gate_status(gate, "expert", result, counts, 1.0)
    assert (status.verdict, status.detail, status.owner) == (6, "old", "expert")
    assert (status.state, status.reason) == (0, gate.reason)
    assert (status.accepted, status.clamped, status.rejected) == (3, 2, 1)
