"""The generalist in the graph: the same notes as in process, and nothing that ends it."""

import dataclasses
import json
import os

import numpy as np
import pytest

from pianomime.evaluation.players import Options, policy
from pianomime.hands.embodiment import embodiment
from pianomime.metrics.key_press import key_press_metrics
from pianomime.performance.bag import read_messages, read_performance
from pianomime.policy.checkpoint import Checkpoint, Probe, load_checkpoint, save_checkpoint
from pianomime.policy.finger_memory import fingered
from pianomime.policy.generalist import FINGERS
from pianomime.policy.hand_frame import HandFrame
from pianomime.policy.networks.mlp import Mlp
from pianomime.policy.registry import POLICY_TYPES
from pianomime.score.goals import ScoreGoals
from pianomime.score.midi import save_midi
from pianomime.score.repertoire import find_score
from pianomime.score.score import Note, Score
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import ROBOPIANIST_TIMING
from pianomime_common.conversions import from_fingering
from pianomime_policy.bundled import bundled_checkpoint

pytestmark = pytest.mark.ros

HANDS = embodiment("pianomime")
SONG = Score.from_notes(
    "song",
    [Note(i * 0.4, i * 0.4 + 0.35, 46 + (i * 5) % 12, 80) for i in range(40)]
    + [Note(i * 1.6, i * 1.6 + 1.4, key, 60) for i in range(10) for key in (22 + i % 3, 29)],
)


def in_process_f1(score: Score) -> float:
    simulation = PianoSimulation(load_model(HANDS), ROBOPIANIST_TIMING)
    goals = ScoreGoals.of(score, ROBOPIANIST_TIMING)
    options = Options(checkpoint=str(bundled_checkpoint(HANDS)))
    rollout = policy(score, simulation, options).perform()
    return key_press_metrics(goals.keys, rollout.pressed).f1


def test_over_topics_it_plays_as_in_process(cli):
    save_midi(SONG, cli.folder / "song.mid")
    status, _, err = cli.run(
        "play", "song.mid", "--controller", "policy", "-o", "out", "--no-video"
    )
    assert status == 0, err
    metrics = json.loads((cli.folder / "out/metrics.json").read_text())
    assert metrics["f1"] == pytest.approx(in_process_f1(SONG), abs=1e-3)
    assert metrics["f1"] > 0.8
    network = load_checkpoint(bundled_checkpoint(HANDS)).networks[FINGERS]
    published = {}
    for message in read_messages(cli.folder / "out/bag", ("fingering",))["fingering"]:
        assert message.source == "policy"
        published |= from_fingering(message)
    score = find_score(str(cli.folder / "song.mid"))
    chosen = fingered(score, ROBOPIANIST_TIMING, network, HANDS.layout).notes
    assert published == {i: note.finger for i, note in enumerate(chosen)}


def zeros(inputs, outputs):
    """Return a network whose answers are all 0."""
    weight, bias = np.zeros((outputs, inputs), np.float32), np.zeros(outputs, np.float32)
    return Mlp(np.zeros(inputs, np.float32), np.ones(inputs, np.float32), ((weight, bias),))


def test_another_type_of_policy_is_played_or_refused(cli):
    """One whose hands stay where they are."""
    bundled = load_checkpoint(bundled_checkpoint(HANDS)).card
    kind = POLICY_TYPES["one_stage"]
    card = dataclasses.replace(bundled, type="one_stage", lookahead_s=kind.lookahead_s)
    frame = HandFrame(load_model(HANDS))
    networks = {n: zeros(*size) for n, size in kind.sizes(frame, Checkpoint(card, {}, {})).items()}
    probes = {n: Probe.of(net, np.ones((1, net.inputs), np.float32)) for n, net in networks.items()}
    path = cli.folder / "still.safetensors"
    save_checkpoint(Checkpoint(card, networks, probes), path)
    save_midi(SONG.until(1.0), cli.folder / "song.mid")
    command = ("play", "song.mid", "--controller", "policy", "--checkpoint", path.name)
    status, _, err = cli.run(*command, "-o", "out", "--no-video")
    assert status == 0, err
    commands = read_messages(cli.folder / "out/bag", ("command",))["command"]
    assert len(commands) > 30
    targets = np.array([message.points[0].positions for message in commands])
    np.testing.assert_allclose(targets, 0.0, atol=0.01)
    save_checkpoint(Checkpoint(dataclasses.replace(card, type="wizard"), networks, probes), path)
    status, _, err = cli.run(*command, "-o", "none", "--no-video")
    assert status == 2
    assert "policy of unknown type 'wizard'; there are: generalist" in err.splitlines()[-1]
    assert not (cli.folder / "none").exists()


def test_a_killed_policy_is_replaced_from_where_the_hands_are(cli):
    save_midi(SONG, cli.folder / "song.mid")
    process = cli.start("play", "song.mid", "--controller", "policy", "-o", "out", "--no-video")
    try:
        cli.await_mid_song("out")
        os.kill(cli.pid_of("policy"), 9)
        _, err = process.communicate(timeout=120)
    finally:
        process.kill() if process.poll() is None else None
    assert process.returncode == 0, err
    performance = read_performance(cli.folder / "out/bag")
    assert len(performance.goal_keys) == len(ScoreGoals.of(SONG, ROBOPIANIST_TIMING).keys)
    assert json.loads((cli.folder / "out/metrics.json").read_text())["f1"] > 0.6
    assert not performance.active[-1].any()
