import importlib
from importlib.util import find_spec
from pathlib import Path

import pytest

from pianomime.controllers.bundled import BUNDLED
from pianomime.controllers.registry import NODES
from pianomime.errors import ConfigError
from pianomime_bringup.arguments import from_strings
from pianomime_bringup.params_file import check_params_file
from pianomime_bringup.perception_graph import PerceptionGraphConfig, perception_graph
from pianomime_bringup.pianist import PianistConfig, pianist_graph
from pianomime_common.topics import Topic

LAUNCH_FILE = Path(__file__).parents[4] / "launch/pianist.launch.py"


def by_name(**given):
    return {node.name: node for node in pianist_graph(PianistConfig(**given))}


def test_every_node_is_a_module_with_a_main():
    for node in pianist_graph(PianistConfig(record="bag")):
        assert callable(importlib.import_module(node.module).main)


@pytest.mark.parametrize("row", BUNDLED, ids=lambda row: row.name)
def test_every_controllers_row_can_be_loaded(row):
    assert row.load_config().__module__.startswith(row.package)
    assert all(isinstance(topic, Topic) for topic in row.load_topics())
    assert all(callable(preparation.load()) for preparation in row.preparations)


def test_no_controller_may_be_named_as_another_node():
    graphs = [
        pianist_graph(PianistConfig(record="bag", view=True)),
        pianist_graph(PianistConfig(backend="emulator")),
        perception_graph(PerceptionGraphConfig(source="0")),
    ]
    assert {node.name for graph in graphs for node in graph} - {"expert"} == NODES


def test_only_a_bag_brings_a_recorder():
    assert "recorder" not in by_name()
    assert by_name(record="there")["recorder"].parameters["bag"] == "there"


def test_all_nodes_but_the_simulation_use_simulated_time():
    nodes = by_name(record="there")
    assert "use_sim_time" not in nodes.pop("sim").parameters
    assert all(node.parameters["use_sim_time"] for node in nodes.values())


def test_arguments_reach_their_nodes():
    nodes = by_name(song="a.mid", embodiment="robopianist", real_time=True, lead_in_s=2.0)
    assert nodes["goals"].parameters["song"] == "a.mid"
    assert nodes["goals"].parameters["lead_in_s"] == 2.0
    assert nodes["sim"].parameters["real_time"] is True
    for name in ("sim", "gate", "expert"):
        assert nodes[name].parameters["embodiment"] == "robopianist"


@pytest.mark.parametrize("backend", ["mujoco", "emulator"])
def test_all_nodes_that_keep_time_have_one_timing(backend):
    nodes = by_name(decision_s=0.04, command_s=0.02, backend=backend, standby="planner")
    players = {"goals", "gate", "expert", "planner"}
    devices = {"mujoco": {"sim"}, "emulator": {"shadow_bridge", "midi_keyboard"}}[backend]
    for name in players | devices:
        given = nodes[name].parameters
        assert (given["decision_s"], given["command_s"]) == (0.04, 0.02), name


def test_strings_become_values():
    given = {"real_time": "true", "transpose": "-3", "stretch": "1.5", "song": "7"}
    assert from_strings(PianistConfig, given) == PianistConfig(
        real_time=True, transpose=-3, stretch=1.5, song="7"
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"transpose": "high"}, "transpose = 'high': must be a whole number"),
        ({"real_time": "maybe"}, "real_time = 'maybe': must be true or false"),
        ({"embodiment": "nothing"}, "unknown embodiment 'nothing'; there are: allegro, orca, pian"),
        ({"command_s": "0.03"}, "decision_s = 0.05: must be a multiple of command_s, 0.03 s"),
        ({"command_s": "0.002"}, r"command_s = 0.002: must be in \[0.005, 0.5\]"),
        ({"stretch": "100"}, r"stretch = 100.0: must be in \[0.1, 10\]"),
        ({"namespace": "left hand"}, "namespace = 'left hand': must be letters"),
        ({"namespace": "/a/1st"}, "that do not begin with a digit"),
    ],
)
def test_bad_arguments_are_named(given, message):
    with pytest.raises(ConfigError, match=message):
        from_strings(PianistConfig, given)


@pytest.mark.parametrize("namespace", ["", "/", "left", "/left/", "a/b_2"])
def test_good_namespaces_pass(namespace):
    assert PianistConfig(namespace=namespace).namespace == namespace


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"checkpoint": "a.safetensors"}, "checkpoint = 'a.safetensors': is for the policy alone"),
        ({"learned": "a.npz", "controller": "planner"}, "for the expert alone; .* is planner"),
        ({"demo": "demo", "controller": "policy"}, "demo = 'demo': is for the expert alone"),
        (
            {"demo": "demo", "learned": "a.npz"},
            r"cannot be combined with learned = 'a.npz'",
        ),
    ],
)
def test_a_file_that_would_not_be_used_is_refused(given, message):
    with pytest.raises(ConfigError, match=message):
        PianistConfig(**given).load_score()


def test_a_graph_may_wait_for_its_first_song():
    config = PianistConfig(song="none", backend="hardware", midi_port="Keystation", namespace="a")
    assert config.load_score() is None
    assert {node.name: node for node in pianist_graph(config)}["goals"].parameters["song"] == "none"


def test_external_devices_are_treated_as_hardware():
    nodes = by_name(backend="external")
    assert not nodes.keys() & {"sim", "emulator", "shadow_bridge", "midi_keyboard"}
    assert nodes["gate"].parameters["auto_arm"] is False
    assert nodes["goals"].parameters["start_s"] > 0


LIMITS = "{ros__parameters: {max_target_velocity: 3.0}}"


@pytest.mark.parametrize(
    "text",
    [
        f"/pianist/gate: {LIMITS}",
        f"pianist: {{gate: {LIMITS}}}",
        f"/**/gate: {LIMITS}",
        f"/*/gate: {LIMITS}",
        "/**: {ros__parameters: {use_sim_time: true}}",
    ],
)
def test_a_params_file_for_a_node_of_the_graph_passes(tmp_path, text):
    (tmp_path / "limits.yaml").write_text(text)
    config = PianistConfig(namespace="pianist", params_file=str(tmp_path / "limits.yaml"))
    check_params_file(config, pianist_graph(config))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"gate: {LIMITS}", "no node /gate; there are: /pianist/sim, .*/pianist/gate"),
        (f"/pianist/gates: {LIMITS}", "no node /pianist/gates"),
        (f"/*: {LIMITS}", r"no node /\*"),
        ("max_target_velocity: 3.0", "/max_target_velocity has no ros__parameters"),
        ("/pianist/gate: {ros__parameters: 3}", "not a mapping"),
        ("", "has no ros__parameters"),
        ("{}", "nothing in it"),
        ("a: [", "cannot be read"),
        (None, "not a file"),
    ],
)
def test_a_params_file_that_no_node_would_read_is_refused(tmp_path, text, message):
    path = tmp_path / "limits.yaml"
    if text is not None:
        path.write_text(text)
    config = PianistConfig(namespace="/pianist", params_file=str(path))
    with pytest.raises(ConfigError, match=message) as error:
        check_params_file(config, pianist_graph(config))
    assert "\n" not in str(error.value)


@pytest.mark.skipif(
    find_spec("launch_ros") is None, reason="launch_ros is not installed (PyPI has none)"
)
def test_the_launch_file_starts_the_same_nodes():
    from launch.launch_description_sources import get_launch_description_from_python_launch_file

    from launch import LaunchContext, LaunchService

    description = get_launch_description_from_python_launch_file(str(LAUNCH_FILE))
    names = {argument.name for argument in description.get_launch_arguments()}
    assert names == set(PianistConfig.__dataclass_fields__)
    context: LaunchContext = LaunchService(noninteractive=True).context
    actions = []
    for entity in description.entities:
        actions += entity.visit(context) or []
    started = {action.__dict__["_Node__node_name"] for action in actions}
    assert started == {node.name for node in pianist_graph(PianistConfig())}
