"""Checkpoints, the types of policies and the kinds of networks that they hold."""

import dataclasses
import pickle
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from pianomime.errors import ModelError
from pianomime.hands.embodiment import embodiment
from pianomime.piano.geometry import N_KEYS
from pianomime.planning.rollout import play_on
from pianomime.policy.checkpoint import (
    Checkpoint,
    PolicyCard,
    Probe,
    load_checkpoint,
    save_checkpoint,
)
from pianomime.policy.finger_choice import LOOKAHEAD_S
from pianomime.policy.generalist import FINGERTIPS, JOINTS, generalist_sizes
from pianomime.policy.networks.flow import Flow
from pianomime.policy.networks.kinds import read_network
from pianomime.policy.networks.mlp import Mlp
from pianomime.policy.player import PolicyPlayer, policy_act
from pianomime.policy.protocol import Action
from pianomime.policy.registry import POLICY_TYPES, load_policy, make_policy, read_policy
from pianomime.policy.whole_score import ABSOLUTE, ENCODER, WHOLE_SCORE_LOOKAHEAD_S
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Note, Score
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import ROBOPIANIST_TIMING as TIMING
from pianomime.timing import Timing

TUNE = Score.from_notes("tune", [Note(i * 0.3, i * 0.3 + 0.25, 39 + 2 * i) for i in range(3)])


def random_mlp(inputs, outputs, seed=0):
    rng = np.random.default_rng(seed)
    layers = tuple(
        (rng.normal(0, 0.02, (b, a)).astype(np.float32), np.zeros(b, np.float32))
        for a, b in pairwise((inputs, 16, outputs))
    )
    return Mlp(np.zeros(inputs, np.float32), np.ones(inputs, np.float32), layers)


def random_flow(inputs, outputs):
    mean, deviation = np.zeros(inputs, np.float32), np.ones(inputs, np.float32)
    return Flow(mean, deviation, random_mlp(inputs + outputs + 1, outputs))


def checkpoint_of(card, networks):
    inputs = np.random.default_rng(1)
    probes = {
        name: Probe.of(net, inputs.normal(size=(4, net.inputs)).astype(np.float32))
        for name, net in networks.items()
    }
    return Checkpoint(card, networks, probes)


@pytest.fixture(scope="module")
def made(frame):
    """Return a function from a type of policy, and networks that it has, to a checkpoint."""

    def make(kind="generalist", networks=None, **card):
        lookahead_s = LOOKAHEAD_S if kind == "generalist" else WHOLE_SCORE_LOOKAHEAD_S
        about = {
            "type": kind, "embodiment": "pianomime", "timing": TIMING,
            "lookahead_s": lookahead_s, "coordinates": frame.names, "data": {"episodes": 3},
        }  # fmt: skip
        whole = PolicyCard(**about | card)
        given = dict(networks or {})
        if kind == "generalist":
            sizes = generalist_sizes(frame, whole.timing)
        else:
            sizes = POLICY_TYPES[kind].sizes(frame, Checkpoint(whole, given, {}))
        missing = {n: random_mlp(*size) for n, size in sizes.items() if n not in given}
        return checkpoint_of(whole, missing | given)

    return make


# --- files ---------------------------------------------------------------------------------------


def test_a_checkpoint_is_read_as_it_was_written(made, tmp_path):
    checkpoint, path = made(), tmp_path / "a.safetensors"
    save_checkpoint(checkpoint, path)
    read = read_policy(path, embodiment("pianomime"), TIMING)
    assert read.card == checkpoint.card
    x = np.ones((2, checkpoint.networks[JOINTS].inputs), np.float32)
    np.testing.assert_array_equal(read.networks[JOINTS](x), checkpoint.networks[JOINTS](x))
    assert list(tmp_path.iterdir()) == [path]


class _Evil:
    def __reduce__(self):
        return Path.touch, (Path("evil"),)


def test_a_file_that_is_no_checkpoint_is_not_executed(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    whole = tmp_path / "whole.safetensors"
    save_checkpoint(made(), whole)
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(whole.read_bytes()[:-100])
    pickled = tmp_path / "pickled.safetensors"
    pickled.write_bytes(pickle.dumps(_Evil()))
    for path in (cut, pickled, tmp_path / "gone.safetensors", tmp_path):
        with pytest.raises(ModelError, match="not a policy"):
            load_checkpoint(path)
    assert not (tmp_path / "evil").exists()


def test_another_version_is_refused(made, tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    with monkeypatch.context() as patch:
        patch.setattr("pianomime.policy.checkpoint.FORMAT", 1)
        save_checkpoint(made(), path)
    with pytest.raises(ModelError, match=r"a\.safetensors: made by another version"):
        load_checkpoint(path)


def test_weights_that_answer_otherwise_are_refused(made, tmp_path):
    checkpoint, path = made(), tmp_path / "a.safetensors"
    probe = checkpoint.probes[JOINTS]
    other = {JOINTS: Probe(probe.inputs, probe.outputs + 0.1)}
    save_checkpoint(dataclasses.replace(checkpoint, probes=checkpoint.probes | other), path)
    with pytest.raises(ModelError, match=r"joints answers 0\.1 off"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({"type": "wizard"}, "policy of unknown type 'wizard'; there are: generalist, two_stages"),
        ({"embodiment": "robopianist"}, "policy for embodiment 'robopianist', not 'pianomime'"),
        ({"timing": Timing(decision_s=0.1)}, r"decides every 0\.1 s; this run does every 0\.05 s"),
        ({"lookahead_s": 3.0}, r"generalist with a lookahead of 3 s; must be 1\.5"),
        ({"coordinates": ("a", "b")}, "policy for the joints a, b; these hands have WRJ2, WRJ1"),
    ],
)
def test_a_policy_for_something_else_is_refused(made, pianomime_hands, tmp_path, card, message):
    whole = made()
    path = tmp_path / "a.safetensors"
    save_checkpoint(dataclasses.replace(whole, card=dataclasses.replace(whole.card, **card)), path)
    with pytest.raises(ModelError, match=rf"a\.safetensors: .*{message}"):
        load_policy(path, pianomime_hands, TIMING)


def test_networks_that_do_not_fit_are_refused(made, frame, pianomime_hands):
    wrong = made(networks={JOINTS: random_mlp(7, frame.n)})
    with pytest.raises(ModelError, match="network joints takes 7 and gives 23; must be"):
        make_policy(wrong, pianomime_hands, TIMING)
    whole = made()
    fewer = {name: net for name, net in whole.networks.items() if name != JOINTS}
    with pytest.raises(ModelError, match="a policy of type generalist needs a network joints"):
        make_policy(dataclasses.replace(whole, networks=fewer), pianomime_hands, TIMING)
    with pytest.raises(ModelError, match="absolute = None: must be true or false"):
        make_policy(made("two_stages"), pianomime_hands, TIMING)


# --- networks ------------------------------------------------------------------------------------


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
        read_network("low", {"kind": "mlp"}, whole)


def test_an_unknown_kind_or_a_missing_package_is_named(monkeypatch):
    with pytest.raises(ModelError, match="low: unknown kind of network 'magic'; there are: mlp"):
        read_network("low", {"kind": "magic"}, {})
    for package in ("torch", "onnxruntime"):
        monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, "pianomime.policy.networks.torch_network", raising=False)
    with pytest.raises(ModelError, match="low: is a transformer; torch is missing; run: tools"):
        read_network("low", {"kind": "transformer"}, {})
    with pytest.raises(ModelError, match="onnxruntime is missing; run: pip install onnxruntime"):
        read_network("low", {"kind": "onnx"}, {"graph": np.zeros(3, np.uint8)})


def test_a_flow_gives_equal_samples_for_equal_inputs():
    flow = random_flow(6, 3)
    x = np.random.default_rng(0).normal(size=(5, 6)).astype(np.float32)
    whole = flow(x)
    np.testing.assert_array_equal(flow(x), whole)
    np.testing.assert_allclose(np.concatenate([flow(row[None]) for row in x]), whole, atol=1e-6)
    assert np.abs(whole[0] - whole[1]).max() > 0.1


# --- playing -------------------------------------------------------------------------------------


def play(policy, hands, steps=8):
    simulation = PianoSimulation(hands, TIMING)
    return play_on(
        policy_act(policy, ScoreGoals.of(TUNE, TIMING), simulation), -2, steps, simulation
    )


@pytest.mark.parametrize(
    ("kind", "head", "settings"),
    [
        ("generalist", {FINGERTIPS: random_flow(93, 60)}, {}),
        ("two_stages", {}, {ABSOLUTE: False}),
        ("two_stages", {}, {ABSOLUTE: True}),
        ("two_stages", {ENCODER: random_mlp(N_KEYS, 16)}, {ABSOLUTE: False}),
        ("one_stage", {}, {}),
    ],
)
def test_every_type_is_saved_loaded_and_played(
    made, pianomime_hands, tmp_path, kind, head, settings
):
    path = tmp_path / "a.safetensors"
    save_checkpoint(made(kind, head, settings=settings), path)
    policy = load_policy(path, pianomime_hands, TIMING)
    first, second = play(policy, pianomime_hands), play(policy, pianomime_hands)
    assert np.isfinite(first.position).all()
    assert np.abs(first.position[-1] - first.position[0]).max() > 1e-4
    np.testing.assert_array_equal(first.position, second.position)


def test_another_rate_of_decisions_has_the_same_seconds(made, pianomime_hands):
    slow = Timing(decision_s=0.1, command_s=0.02)
    policy = make_policy(made(timing=slow), pianomime_hands, slow)
    player = PolicyPlayer(policy, slow)
    assert player.horizon == 16
    notes = ScoreGoals.of(TUNE, slow).notes_in(-8, 16)
    rest, up = np.zeros(len(pianomime_hands.joint_names)), np.zeros(5, bool)
    command = player.step(-8, notes, up, rest, np.zeros(N_KEYS))
    assert command.target.shape == (1, len(rest))
    assert command.times_s == (0.0,), "one target, held"
    assert set(player.fingers) == {(39, 0)}, "the only one within 0.8 s"
    assert player.carry_on(-7, up) is not None
    assert player.carry_on(-6, up) is None, "beyond 0.2 s"


class Still:
    """A policy of one's own: the hands stay where they are."""

    lookahead_s, fingers = 0.5, {}

    def __init__(self, targets=None):
        self.seen, self._targets = [], targets

    def reset(self):
        self.seen.clear()

    def step(self, observation):
        self.seen.append(observation)
        if self._targets is not None:
            return Action(self._targets)
        return Action.hold(observation.joint_position[None], observation.timing)


def test_a_policy_of_ones_own_is_played(pianomime_hands):
    policy = Still()
    rollout = play(policy, pianomime_hands, steps=4)
    assert np.abs(rollout.position).max() < 0.05
    first, second = policy.seen[:2]
    assert first.previous is None
    np.testing.assert_array_equal(second.previous, first.joint_position)
    assert [observation.now for observation in policy.seen] == [-2, -1, 0, 1]
    assert first.goal_keys(4).any(axis=0).nonzero()[0].tolist() == [39]
    assert [note.key for note in first.notes] == [39, 41], "half a second is seen"


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.zeros((1, 3)), r"shape \(1, 3\); must be \(decisions, 1, \d+\)"),
        (np.zeros((0, 1, 54)), r"shape \(0, 1, 54\)"),
        (np.full((1, 1, 54), np.nan), "not finite"),
    ],
)
def test_an_action_that_does_not_fit_is_refused(pianomime_hands, targets, message):
    assert len(pianomime_hands.joint_names) == 54
    with pytest.raises(ModelError, match=message):
        play(Still(targets), pianomime_hands)


# --- torch and ONNX ------------------------------------------------------------------------------


def test_torch_networks_are_saved_loaded_and_played(made, pianomime_hands, tmp_path):
    pytest.importorskip("torch", reason="torch is not installed: tools/setup learning")
    from pianomime.policy.networks.key_encoder import KeyEncoder
    from pianomime.policy.networks.torch_network import TorchNetwork
    from pianomime.policy.networks.transformer import Transformer

    def network(module):
        mean = np.zeros(module.inputs, np.float32)
        return TorchNetwork(mean, mean + 1, module)

    encoder = network(KeyEncoder())
    head = network(Transformer(21, encoder.outputs, 66, 120))
    networks = {ENCODER: encoder, FINGERTIPS: head}
    path = tmp_path / "a.safetensors"
    save_checkpoint(made("two_stages", networks, settings={ABSOLUTE: False}), path)
    policy = load_policy(path, pianomime_hands, TIMING)
    first, second = play(policy, pianomime_hands), play(policy, pianomime_hands)
    np.testing.assert_array_equal(first.position, second.position)
    settings, tensors = head.settings(), head.tensors()
    with pytest.raises(ModelError, match="low: does not fit a transformer"):
        read_network("low", settings | {"width": 3}, tensors)
    with pytest.raises(ModelError, match="low: does not fit a transformer"):
        read_network("low", {"kind": "transformer"}, tensors)


def test_an_onnx_graph_is_saved_loaded_and_played(made, frame, pianomime_hands, tmp_path):
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    onnx = pytest.importorskip("onnx", reason="onnx is not installed, to make a graph with")
    from pianomime.policy.networks.onnx_network import OnnxNetwork

    inputs, outputs = generalist_sizes(frame, TIMING)[JOINTS]
    weight = np.random.default_rng(0).normal(0, 0.01, (inputs, outputs)).astype(np.float32)
    ends = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["rows", columns])
        for name, columns in (("x", inputs), ("y", outputs))
    ]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "w"], ["y"])],
        "joints", ends[:1], ends[1:], [onnx.numpy_helper.from_array(weight, "w")],
    )  # fmt: skip
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    model.ir_version = 8
    network = OnnxNetwork("joints", model.SerializeToString())
    x = np.ones((3, inputs), np.float32)
    np.testing.assert_allclose(network(x), x @ weight, atol=1e-4)
    path = tmp_path / "a.safetensors"
    save_checkpoint(made(networks={JOINTS: network}), path)
    policy = load_policy(path, pianomime_hands, TIMING)
    assert np.isfinite(play(policy, pianomime_hands).position).all()
    with pytest.raises(ModelError, match="joints: not an ONNX graph"):
        OnnxNetwork("joints", b"nonsense")
