"""Timing in the graph: commands of several points, and what was made with another timing."""

import numpy as np
import pytest
from rosbags.rosbag2 import Reader

from pianomime.evaluation.players import planned
from pianomime.hands.embodiment import embodiment
from pianomime.performance.bag import read_messages, read_performance
from pianomime.performance.replay import replay
from pianomime.refinement.learned_file import Card, LearnedPerformance, save_learned
from pianomime.score.goal import Goal
from pianomime.score.goals import ScoreGoals
from pianomime.score.midi import save_midi
from pianomime.score.score import Note, Score
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import ROBOPIANIST_TIMING, Timing
from pianomime_common import conversions, topics
from pianomime_msgs.msg import KeyGoal

pytestmark = pytest.mark.ros

FINE = Timing(command_s=0.01)
SHORT = Score.from_notes(
    "short", [Note(0.4 * i, 0.4 * i + 0.35, 51 + 2 * (i % 5)) for i in range(12)]
)


def ends_ms(trajectory):
    """Return when the points of a command are to be reached [ms]."""
    return tuple(point.time_from_start.nanosec // 10**6 for point in trajectory.points)


def test_two_pianists_of_two_timings_play_side_by_side(cli, planned_f1):
    save_midi(SHORT, cli.folder / "short.mid")
    processes = [
        cli.start("play", "short.mid", "--no-video", "--namespace", name, "-o", name, *timing)
        for name, timing in (("left", ("--command-s", "0.05")), ("right", ()))
    ]
    ends = [process.communicate(timeout=120) for process in processes]
    for process, (out, err) in zip(processes, ends, strict=True):
        assert process.returncode == 0, err
        assert "F1" in out
    for name, timing in (("left", ROBOPIANIST_TIMING), ("right", FINE)):
        bag = cli.folder / name / "bag"
        with Reader(bag) as reader:
            assert all(topic.startswith((f"/{name}/", "/diag", "/tf")) for topic in reader.topics)
        found = read_messages(bag, ("diagnostics", "key_goal"))
        nodes = {s.name.partition(":")[0] for m in found["diagnostics"] for s in m.status}
        assert f"{name}/gate" in nodes
        assert {(m.decision_s, m.command_s) for m in found["key_goal"]} == {
            (timing.decision_s, timing.command_s)
        }
        performance = read_performance(bag)
        assert performance.timing == timing
        f1 = performance.metrics()["f1"]
        expected = planned_f1(SHORT, timing)
        assert f1 == pytest.approx(expected, abs=1e-3), "however busy the machine is"
        assert f1 > 0.9
    commands_have_points_every_10_ms(cli.folder / "right/bag")
    assert replay(cli.folder / "right/bag").difference == ""


def commands_have_points_every_10_ms(bag):
    """Check that no command is one target, from the controller to the hands."""
    found = read_messages(bag, ("command", "joint_trajectory"))
    assert {ends_ms(request) for request in found["command"]} == {(10, 20, 30, 40, 50)}
    passed = {ends_ms(command) for command in found["joint_trajectory"]}
    assert passed - {(0,)} == {(10, 20, 30, 40, 50)}, "but for the gate's own"
    for name in ("command", "joint_trajectory"):
        moved = [np.ptp([p.positions for p in m.points], axis=0).max() for m in found[name]]
        assert max(moved) > 0.1


def test_goals_of_another_timing_than_learned_are_refused(graph):
    simulation = PianoSimulation(load_model(embodiment("pianomime")), ROBOPIANIST_TIMING)
    hands = simulation.hands
    fingered, plan = planned(SHORT, simulation)
    learned = LearnedPerformance(
        plan,
        tuple(note.finger for note in fingered.notes),
        Card(
            title=SHORT.title,
            sha256=SHORT.sha256,
            embodiment="pianomime",
            timing=ROBOPIANIST_TIMING,
            joint_names=hands.joint_names,
            f1=1.0,
            f1_planned=1.0,
            how="not at all",
            seed=0,
            versions={},
        ),
    )
    save_learned(learned, graph.cli.folder / "short.npz")
    scores, goals, states = (
        graph.observer.create_publisher(topic.type, topic.name, topic.qos)
        for topic in (topics.SCORE, topics.KEY_GOAL, topics.JOINT_STATES)
    )
    n = len(hands.joint_names)
    state = conversions.to_joint_state(hands.joint_names, np.zeros(n), np.zeros(n), 1.0)
    graph.start("pianomime_control.expert_node", learned="short.npz", command_s=0.05)
    scores.publish(conversions.to_score(SHORT, 1.0, 1.0))

    def ask(timing, **changes):
        goal = Goal.of(SHORT, ScoreGoals.of(SHORT, timing), -20, 30)
        message = conversions.to_key_goal(
            conversions.KeyGoal(1.0, SHORT.sha256, goal, KeyGoal.LEAD_IN)
        )
        for name, value in changes.items():
            setattr(message, name, value)
        goals.publish(message)
        states.publish(state)

    for timing, changes, problem in (
        (FINE, {}, f"goals have {FINE}; learned with {ROBOPIANIST_TIMING}"),
        (FINE, {"command_s": 0.03}, "decision_s = 0.05: must be a multiple of command_s, 0.03 s"),
    ):
        graph.until(
            lambda timing=timing, changes=changes, problem=problem: (
                ask(timing, **changes) or problem in graph.problems["expert"]
            ),
            problem,
        )
    assert not graph.requests_s
    graph.until(lambda: ask(ROBOPIANIST_TIMING) or graph.requests_s, "the learned plan is played")
    graph.until(lambda: not graph.problems["expert"], "and nothing is wrong")
