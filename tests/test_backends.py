"""The contract of hands and piano, kept by the simulation and by emulated devices."""

import json
import xml.etree.ElementTree as ET

import pytest
from std_srvs.srv import SetBool

from pianomime.errors import ConfigError
from pianomime.hands.embodiment import embodiment
from pianomime.score.midi import save_midi
from pianomime.score.score import Note, Score
from pianomime_bringup.node_topics import node_topics
from pianomime_bringup.pianist import PianistConfig, pianist_graph
from pianomime_cli.security import policy
from pianomime_common import topics
from pianomime_msgs.msg import GateStatus

pytestmark = pytest.mark.ros

SIM = "pianomime_sim.sim_node"
HARDWARE = ("emulator", "shadow_bridge", "midi_keyboard")


def start_hardware(graph, port, interface="trajectory"):
    graph.start("pianomime_hardware.emulator_node", midi_port=port, interface=interface)
    graph.start("pianomime_hardware.shadow_bridge_node", interface=interface)
    graph.start("pianomime_hardware.midi_keyboard_node", port=f"tcp:127.0.0.1:{port}")


@pytest.mark.parametrize("backend", ["simulation", "trajectory", "position"])
def test_each_backend_keeps_the_contract(graph, backend):
    if backend == "simulation":
        graph.start(SIM, real_time=True)
    else:
        start_hardware(graph, 21940 if backend == "trajectory" else 21941, backend)
    for _ in range(3):  # a machine with much else to do may miss its rate
        status, out, err = graph.cli.run("check", "backend")
        if status == 0:
            break
    assert status == 0, out + err
    assert "the contract is kept" in out


def test_a_broken_contract_is_reported(graph):
    graph.start(SIM, real_time=True)
    status, out, _ = graph.cli.run("check", "backend", "--embodiment", "robopianist")
    assert status == 1
    assert "BROKEN names of the joints" in out
    assert "forearm_tz" in out


def test_a_song_is_played_through_emulated_devices(cli):
    notes = [Note(0.5 * i, 0.5 * i + 0.45, 39 + 2 * (i % 5), 80) for i in range(16)]
    save_midi(Score.from_notes("short", notes, []), cli.folder / "short.mid")
    arguments = ("play", "short.mid", "-o", "out", "--no-video", "--backend", "emulator")
    status, _, err = cli.run(*arguments, "--midi-tcp-port", "21942")
    assert status == 0, err
    metrics = json.loads((cli.folder / "out/metrics.json").read_text())
    assert metrics["f1"] > 0.5, "a machine with much else to do is late"
    log = {name: (cli.folder / f"out/log/{name}.log").read_text() for name in HARDWARE}
    assert not any("Traceback" in text for text in log.values())


def test_a_song_is_played_through_devices_of_ones_own(graph):
    start_hardware(graph, 21945)
    notes = [Note(0.5 * i, 0.5 * i + 0.45, 39 + 2 * (i % 5), 80) for i in range(6)]
    save_midi(Score.from_notes("short", notes, []), graph.cli.folder / "short.mid")
    # These hands cannot be hurt, and a busy machine may keep them or the expert waiting.
    patient = "{auto_arm: true, silence_s: 10.0, state_timeout_s: 10.0}"
    (graph.cli.folder / "mine.yaml").write_text(f"gate: {{ros__parameters: {patient}}}")
    arguments = ("play", "short.mid", "-o", "out", "--no-video", "--params-file", "mine.yaml")
    status, _, err = graph.cli.run(*arguments, "--backend", "external")
    assert status == 0, err
    metrics = json.loads((graph.cli.folder / "out/metrics.json").read_text())
    assert metrics["f1"] > 0.2, "a machine with much else to do is late"


def test_a_lost_link_is_a_fault_and_its_return_moves_nothing(graph):
    start_hardware(graph, 21943)
    graph.start("pianomime_control.gate_node", auto_arm=True, guard_hands=False)
    graph.until(lambda: graph.states and graph.states[-1].state == GateStatus.ARMED, "armed")
    graph.until(
        lambda: "midi_keyboard" in graph.heard and not graph.problems["midi_keyboard"],
        "the keyboard is connected",
    )
    graph.call(SetBool, "emulator/drop_link", SetBool.Request(data=True))
    graph.until(lambda: "silent" in graph.problems.get("shadow_bridge", ""), "the bridge says so")
    graph.until(lambda: "refused" in graph.problems["midi_keyboard"], "so does the piano")
    graph.call(SetBool, "emulator/drop_link", SetBool.Request(data=False))
    graph.until(lambda: not graph.problems["shadow_bridge"], "the hands are back")
    graph.until(lambda: not graph.problems["midi_keyboard"], "and so is the keyboard")


def test_real_hands_need_a_keyboard_and_arming():
    with pytest.raises(ConfigError, match="midi_port"):
        PianistConfig(backend="hardware").load_score()
    graph = pianist_graph(PianistConfig(backend="hardware", midi_port="Keystation"))
    nodes = {spec.name: spec for spec in graph}
    assert "emulator" not in nodes
    assert nodes["gate"].parameters["auto_arm"] is False
    assert nodes["gate"].parameters["guard_hands"] is True
    assert not any(spec.parameters.get("use_sim_time") for spec in graph)


@pytest.mark.parametrize("backend", ["mujoco", "emulator"])
def test_only_the_gate_may_command_the_hands(backend):
    root = ET.fromstring(policy(PianistConfig(backend=backend, record="bag", standby="policy")))
    groups = (*embodiment("pianomime").command_groups, topics.PEDAL_GROUP)
    commands = {topics.group_command(group).name for group in groups}
    allowed = {
        enclave.get("path"): {topic.text for topic in enclave.iterfind(".//topics[@publish]/topic")}
        for enclave in root.iter("enclave")
    }
    assert commands <= allowed["/gate"]
    assert not any(commands & names for path, names in allowed.items() if path != "/gate")


def test_nodes_have_the_topics_of_the_table(graph):
    graph.start(SIM)
    graph.start("pianomime_goals.goals_node", use_sim_time=True)
    graph.start("pianomime_control.gate_node", use_sim_time=True)
    graph.start("pianomime_control.expert_node", use_sim_time=True)
    graph.start("pianomime_policy.policy_node", use_sim_time=True)
    start_hardware(graph, 21944)
    names = ("goals", "gate", "expert", "policy", *HARDWARE)
    graph.until(lambda: set(names) <= graph.heard, "all are there")
    graph.let_pass(1.0)
    common = {"/rosout", "/parameter_events", topics.DIAGNOSTICS.name, topics.CLOCK.name}
    hands = embodiment("pianomime")
    for name in names:
        its = node_topics(name, ("expert",) if name != "policy" else ("policy",), hands)
        for found, listed in (
            (graph.observer.get_publisher_names_and_types_by_node(name, "/"), its.publishes),
            (graph.observer.get_subscriber_names_and_types_by_node(name, "/"), its.listens),
        ):
            seen = {topic for topic, _ in found if not topic.endswith("transition_event")}
            actions = {topic for topic in seen if "/_action/" in topic}
            wanted = {graph.observer.resolve_topic_name(topic.name) for topic in listed}
            assert seen - actions - common == wanted - common, name
