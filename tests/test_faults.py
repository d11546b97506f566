"""Faults, injected for real into a graph that plays by the wall clock.

The numbers are those of the fault cases in docs/faults.md, which says where each is tested.
"""

import itertools
import signal
from itertools import pairwise

import numpy as np
import pytest
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState
from std_srvs.srv import SetBool

from pianomime.fingering.fingering import assign_fingers
from pianomime.hands.embodiment import embodiment
from pianomime.hands.fingers import UNASSIGNED
from pianomime.performance.bag import read_messages, read_performance, stamp_s
from pianomime.score.repertoire import find_score
from pianomime.timing import ROBOPIANIST_TIMING
from pianomime_common import conversions, topics
from pianomime_msgs.msg import GateStatus

pytestmark = pytest.mark.ros

SIM, GOALS = "pianomime_sim.sim_node", "pianomime_goals.goals_node"
GATE, EXPERT = "pianomime_control.gate_node", "pianomime_control.expert_node"
RECORDER, POLICY = "pianomime_recorder.recorder_node", "pianomime_policy.policy_node"
ALL_NOTES_OFF = 123
PATIENT = {"silence_s": 0.25, "state_timeout_s": 2.0}
"""A gate that a machine with much else to do does not make halt before its time."""


def start_playing(graph, *, auto_arm=True, **gate):
    graph.start(SIM, real_time=True)
    graph.start(GOALS, use_sim_time=True, song="minuet_in_g")
    gate = PATIENT | gate
    graph.start(GATE, use_sim_time=True, auto_arm=auto_arm, guard_hands=False, **gate)
    graph.start(EXPERT, use_sim_time=True)
    if not auto_arm:
        graph.until(lambda: graph.trigger("gate/arm").success, "the gate is armed")

    def playing():
        if not auto_arm and state_of(graph) == GateStatus.HALTED:  # a machine that stalled
            graph.trigger("gate/arm")
        return len(graph.pressed_s) > 10

    graph.until(playing, "keys are pressed")


def state_of(graph):
    return graph.states[-1].state if graph.states else None


def plays_on(graph):
    heard = len(graph.pressed_s)
    graph.until(lambda: len(graph.pressed_s) > heard + 10, "keys are pressed again")


def test_1_a_killed_controller_lifts_the_hands_until_armed_again(graph):
    start_playing(graph, auto_arm=False)
    graph.until(lambda: graph.active, "a key is down")
    graph.stop(EXPERT, signal.SIGKILL)
    graph.until(lambda: state_of(graph) == GateStatus.HALTED, "the hands are up")
    assert "no command of expert" in graph.states[-1].reason
    last_s = graph.requests_s[-1]
    graph.until(lambda: graph.commands[-1][0] > last_s + 0.6, "the lift is commanded")
    first_s = next(stamp_s for stamp_s, _ in graph.commands if stamp_s > last_s)
    assert first_s - last_s < 0.45, "at once; benchmarks/faults.py measures how soon"
    graph.until(lambda: not graph.active, "all keys are up")
    assert graph.pressed_s[-1] - last_s <= 0.8
    graph.until(lambda: any(m.number == ALL_NOTES_OFF for m in graph.midi), "all notes off")
    graph.until(lambda: "no command of expert" in graph.problems["gate"], "an error is reported")
    graph.start(EXPERT, use_sim_time=True)
    graph.until(lambda: graph.states[-1].verdict == GateStatus.REJECTED_STATE, "it is refused")
    assert state_of(graph) == GateStatus.HALTED
    assert graph.trigger("gate/arm").success
    plays_on(graph)


def test_2_to_5_and_13_bad_commands_and_rivals_change_nothing(graph):
    start_playing(graph, sources="expert,policy")
    topic = topics.controller_command("policy")
    policy = graph.observer.create_publisher(topic.type, topic.name, topic.qos)
    graph.until(policy.get_subscription_count, "the gate listens to it")
    names = [f"joint_{i}" for i in range(3)]
    good, bad = [0.1, 0.2, 0.3], [0.1, float("nan"), 0.3]
    for positions, times_s, verdict, detail in (
        ([good], (0.0,), GateStatus.REJECTED_NAMES, "unknown: joint_0"),
        ([bad], (0.0,), GateStatus.REJECTED_NONFINITE, "joint_1"),
        ([], (), GateStatus.REJECTED_POINTS, "0 points; must be 1 to 100"),
        ([good] * 10_000, [0.0] * 10_000, GateStatus.REJECTED_POINTS, "10000 points"),
        ([good, good], (0.02, 0.01), GateStatus.REJECTED_POINTS, "point 1 is not after"),
        ([good], (0.06,), GateStatus.REJECTED_POINTS, "a point at 0.06 s; a decision lasts 0.05"),
    ):
        policy.publish(conversions.to_trajectory(names, np.array(positions), times_s, 1.0))
        graph.until(
            lambda verdict=verdict, detail=detail: any(
                s.verdict == verdict and detail in s.detail for s in graph.states
            ),
            f"verdict {verdict}: {detail}",
        )
    rejected = graph.states[-1].rejected
    topic = topics.group_command("rh_trajectory_controller")
    rival = graph.observer.create_publisher(topic.type, topic.name, topic.qos)
    graph.until(lambda: "observer" in graph.problems["gate"], "the rival is named")
    graph.observer.destroy_publisher(rival)
    graph.until(lambda: not graph.problems["gate"], "and forgotten when it has gone")
    plays_on(graph)
    graph.until(lambda: state_of(graph) == GateStatus.ACTIVE, "the expert plays")
    assert rejected >= 6


def test_8_and_10_hung_hands_are_a_fault_and_a_pause_is_none(graph):
    start_playing(graph)
    graph.call(SetBool, "sim/set_pause", SetBool.Request(data=True))
    graph.let_pass(1.5)
    assert state_of(graph) in (GateStatus.ACTIVE, GateStatus.HALTING)
    graph.call(SetBool, "sim/set_pause", SetBool.Request(data=False))
    plays_on(graph)
    assert not any(s.state == GateStatus.FAULT for s in graph.states)
    graph.send(SIM, signal.SIGSTOP)
    try:
        graph.until(lambda: state_of(graph) == GateStatus.FAULT, "a fault")
        refused = graph.trigger("gate/arm")
        assert not refused.success
        assert "reset first" in refused.message
    finally:
        graph.send(SIM, signal.SIGCONT)
    graph.until(graph.reset_gate, "the gate is reset")
    plays_on(graph)
    assert graph.trigger("gate/halt").success
    graph.until(lambda: state_of(graph) == GateStatus.HALTING, "the lift begins")
    graph.send(SIM, signal.SIGSTOP)
    try:
        graph.until(lambda: state_of(graph) == GateStatus.FAULT, "a fault")
    finally:
        graph.send(SIM, signal.SIGCONT)


def test_12_nodes_wait_for_a_clock_and_report_another(graph):
    graph.start(GOALS, use_sim_time=True, song="minuet_in_g")
    graph.start(EXPERT, use_sim_time=True)
    graph.start(GATE, use_sim_time=False, auto_arm=True)
    graph.until(lambda: {"goals", "expert", "gate"} <= graph.heard, "all are there")
    graph.let_pass(2.0)
    assert not graph.commands
    assert not graph.requests_s
    graph.start(SIM, real_time=True)
    graph.until(
        lambda: any("use_sim_time is not the same" in s.detail for s in graph.states),
        "the gate names the clock",
    )
    assert not graph.pressed_s


def test_14_controllers_are_switched_without_a_jump(graph):
    graph.start(RECORDER, use_sim_time=True, bag="bag", sources="expert,policy")
    start_playing(graph, sources="expert,policy")
    graph.start(POLICY, use_sim_time=True)
    graph.until(
        lambda: any(s.verdict == GateStatus.REJECTED_OWNER for s in graph.states),
        "the policy plays",
    )
    refused = graph.set_parameters("gate", embodiment="robopianist")
    assert not refused.successful, "what is built in cannot be changed"
    refused = graph.set_parameters("gate", owner="nobody")
    assert "must be one of expert,policy" in refused.reason
    plays_on(graph)
    since = len(graph.commands)
    assert graph.set_parameters("gate", owner="policy").successful
    graph.until(lambda: "policy plays" in graph.states[-1].reason, "the policy leads")
    plays_on(graph)
    path = np.array([positions for _, positions in graph.commands[since - 2 :]])
    assert np.abs(np.diff(path, axis=0)).max() <= 1.6, "as far as playing goes in a decision"
    graph.stop(RECORDER, signal.SIGINT)
    notes_have_the_fingers_of_who_played_them(graph.cli.folder / "bag")


def notes_have_the_fingers_of_who_played_them(bag):
    """Check a bag in which the expert handed over to the policy."""
    found = read_messages(bag, ("score", "fingering", "gate_status"))
    begins_s = stamp_s(found["score"][0]) + found["score"][0].lead_in_s
    handed_over_s = next(stamp_s(m) for m in found["gate_status"] if m.owner == "policy") - begins_s
    policys = {}
    for message in found["fingering"]:
        if message.source == "policy":
            policys |= conversions.from_fingering(message)
    hands = embodiment("pianomime")
    experts = assign_fingers(find_score("minuet_in_g"), ROBOPIANIST_TIMING, hands).notes
    credited = read_performance(bag).score.notes
    second = next(i for i, note in enumerate(credited) if note.onset_s >= handed_over_s)
    assert second > 5
    assert credited[:second] == experts[:second], "the expert's"
    fingers = [note.finger for note in credited[second:]]
    assert fingers == [policys.get(i, UNASSIGNED) for i in range(second, len(credited))]
    assert max(fingers) > UNASSIGNED


class Eyes:
    """What the policy is shown of the hands."""

    def __init__(self, graph):
        self.show = lambda message: message
        self.dropped_s, self.answered_s = [], []
        seen = topics.JOINT_STATES
        self._out = graph.observer.create_publisher(seen.type, "seen", seen.qos)
        request = topics.controller_command("policy")
        for topic, callback in ((seen, self._on_state), (request, self._on_answer)):
            graph.observer.create_subscription(topic.type, topic.name, callback, topic.recorder_qos)

    def _on_state(self, message):
        shown = self.show(message)
        if shown is None:
            self.dropped_s.append(conversions.from_time(message.header.stamp))
        else:
            self._out.publish(shown)

    def _on_answer(self, message):
        self.answered_s.append(conversions.from_time(message.header.stamp))

    def every_third_is_lost(self, message):
        step = ROBOPIANIST_TIMING.steps(conversions.from_time(message.header.stamp))
        return message if step % 3 else None

    def no_number(self, message):
        message.position[3] = float("nan")
        return message


def test_the_policy_bridges_lost_joint_states_and_then_rests(graph):
    eyes = Eyes(graph)
    graph.start(POLICY, use_sim_time=True, remap="joint_states:=seen")
    graph.start(SIM, real_time=True)
    graph.start(GOALS, use_sim_time=True, song="minuet_in_g")
    whose = {"owner": "policy", "sources": "policy", "guard_hands": False}
    graph.start(GATE, use_sim_time=True, auto_arm=True, **whose, **PATIENT)
    graph.until(lambda: len(graph.pressed_s) > 10, "keys are pressed")
    eyes.show = eyes.every_third_is_lost
    plays_on(graph)
    graph.until(lambda: len({*eyes.dropped_s} & {*eyes.answered_s}) > 5, "it answers unseen")
    eyes.show = eyes.no_number
    graph.until(lambda: state_of(graph) == GateStatus.HALTED, "the hands are up")
    assert "no command of policy" in graph.states[-1].reason
    graph.until(lambda: not graph.active, "all keys are up")
    eyes.show = lambda message: message
    plays_on(graph)
    graph.stop(GOALS, signal.SIGKILL)
    graph.until(lambda: state_of(graph) == GateStatus.HALTED, "the hands are up again")
    assert "no command of policy" in graph.states[-1].reason


def test_16_a_quality_of_service_that_does_not_fit_is_reported(graph):
    graph.start(GATE, use_sim_time=False)
    graph.until(lambda: "gate" in graph.heard, "the gate is there")
    best_effort = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
    graph.observer.create_publisher(JointState, topics.JOINT_STATES.name, best_effort)
    graph.until(lambda: "quality of service" in graph.problems["gate"], "it is reported")
    assert "joint_states" in graph.problems["gate"]


def change(graph, node, transition):
    request = ChangeState.Request(transition=Transition(id=transition))
    return graph.call(ChangeState, f"{node}/change_state", request).success


def lifecycle_state(graph, node):
    return graph.call(GetState, f"{node}/get_state", GetState.Request()).current_state.id


NODES = {
    GOALS: {"song": "minuet_in_g"},
    GATE: {},
    EXPERT: {},
    "pianomime_control.planner_node": {},
    SIM: {},
    POLICY: {},
    RECORDER: {"bag": "bag"},
    "pianomime_view.view_node": {"port": 18090},
    "pianomime_description.description_node": {},
    "pianomime_hardware.emulator_node": {"midi_port": 21946},
    "pianomime_hardware.shadow_bridge_node": {},
    "pianomime_hardware.midi_keyboard_node": {},
    "pianomime_perception.perception_node": {},
}


def test_each_node_goes_through_its_lifecycle_twice(graph):
    for module, parameters in NODES.items():
        graph.start(module, autostart=False, **parameters)
    for module, round_ in itertools.product(NODES, (1, 2)):
        node = module.rpartition(".")[2].removesuffix("_node")
        assert lifecycle_state(graph, node) == State.PRIMARY_STATE_UNCONFIGURED, node
        for transition in (
            Transition.TRANSITION_CONFIGURE,
            Transition.TRANSITION_ACTIVATE,
            Transition.TRANSITION_DEACTIVATE,
            Transition.TRANSITION_CLEANUP,
        ):
            assert change(graph, node, transition), f"{node}: {transition}, round {round_}"
        if module == RECORDER:
            (graph.cli.folder / "bag").rename(graph.cli.folder / f"bag_{round_}")


def test_17_a_bad_song_leaves_the_node_unconfigured(graph):
    graph.start(GOALS, autostart=False, song="no_such_song")
    assert not change(graph, "goals", Transition.TRANSITION_CONFIGURE)
    assert lifecycle_state(graph, "goals") == State.PRIMARY_STATE_UNCONFIGURED
    assert "no_such_song" in (graph.cli.folder / f"{GOALS}.log").read_text()


def test_11_and_19_the_song_goes_on_after_a_stall_and_a_reset(graph):
    start_playing(graph)
    graph.send(EXPERT, signal.SIGSTOP)
    graph.until(lambda: state_of(graph) in (GateStatus.HALTING, GateStatus.HALTED), "a halt")
    graph.let_pass(0.3)
    graph.send(EXPERT, signal.SIGCONT)
    graph.until(lambda: state_of(graph) == GateStatus.ACTIVE, "it goes on")
    plays_on(graph)
    stamps = [stamp_s for stamp_s, _ in graph.commands]
    assert all(later > earlier - 0.11 for earlier, later in pairwise(stamps)), "nothing is old"
    assert graph.trigger("sim/reset_world").success
    graph.until(graph.time_went_back, "time goes back")
    plays_on(graph)
    graph.until(lambda: state_of(graph) == GateStatus.ACTIVE, "the expert plays")


def test_25_without_a_recorder_the_song_goes_on(graph, in_process):
    graph.start(RECORDER, use_sim_time=True, bag="full", max_file_bytes=2 << 20)
    start_playing(graph)
    graph.until(lambda: "nothing more is recorded" in graph.problems["recorder"], "a full disk")
    plays_on(graph)
    graph.stop(RECORDER, signal.SIGINT)
    graph.start(RECORDER, use_sim_time=True, bag="killed")
    file = graph.cli.folder / "killed/killed_0.mcap"
    graph.until(lambda: file.exists() and file.stat().st_size > 1 << 20, "a chunk is written")
    graph.stop(RECORDER, signal.SIGKILL)
    plays_on(graph)
    for bag in ("full", "killed"):
        status, out, err = in_process("recover", bag, "-o", f"{bag}_recovered")
        assert status == 0, err
        assert "is lost" in out
        arguments = ("render", f"{bag}_recovered", "-o", f"{bag}_shown", "--no-video")
        status, _, err = in_process(*arguments)
        assert status == 0, err
        assert (graph.cli.folder / f"{bag}_shown/metrics.json").exists()
