"""The generalist in the graph: the same notes as in process, and nothing that ends it."""

import json
import os

import pytest

from pianomime.evaluation.players import Options, policy
from pianomime.hands.embodiment import embodiment
from pianomime.metrics.key_press import key_press_metrics
from pianomime.performance.bag import read_performance
from pianomime.score.goals import ScoreGoals
from pianomime.score.midi import save_midi
from pianomime.score.score import Note, Score
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import ROBOPIANIST_TIMING
from pianomime_policy.bundled import bundled_checkpoint

pytestmark = pytest.mark.ros

SONG = Score.from_notes(
    "song",
    [Note(i * 0.4, i * 0.4 + 0.35, 46 + (i * 5) % 12, 80) for i in range(40)]
    + [Note(i * 1.6, i * 1.6 + 1.4, key, 60) for i in range(10) for key in (22 + i % 3, 29)],
)


def in_process_f1(score: Score) -> float:
    simulation = PianoSimulation(load_model(embodiment("pianomime")), ROBOPIANIST_TIMING)
    goals = ScoreGoals.of(score, ROBOPIANIST_TIMING)
    options = Options(checkpoint=str(bundled_checkpoint("pianomime")))
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
