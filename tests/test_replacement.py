"""Recorder and simulation, started by hand, can be stopped and replaced while the others play."""

import signal

import pytest
from rosbags.rosbag2 import Reader

pytestmark = pytest.mark.ros


def messages(bag):
    with Reader(bag) as reader:
        return {topic: info.msgcount for topic, info in reader.topics.items()}


def test_recorder_and_simulation_are_replaced(graph, cli):
    sim, recorder = "pianomime_sim.sim_node", "pianomime_recorder.recorder_node"
    graph.start(sim, real_time=True)
    graph.start("pianomime_goals.goals_node", use_sim_time=True, song="minuet_in_g")
    graph.start("pianomime_control.gate_node", use_sim_time=True, auto_arm=True, guard_hands=False)
    graph.start("pianomime_control.expert_node", use_sim_time=True)
    graph.start(recorder, use_sim_time=True, bag="whole")
    graph.until(lambda: len(graph.pressed_s) > 10, "keys are pressed")

    for number in (signal.SIGINT, signal.SIGKILL):
        graph.stop(recorder, number)
        graph.start(recorder, use_sim_time=True, bag=number.name)
        heard = len(graph.pressed_s)
        graph.until(lambda n=heard: len(graph.pressed_s) > n + 20, "keys are pressed")

    for number in (signal.SIGINT, signal.SIGKILL):
        graph.clock_s.clear()
        graph.until(lambda: graph.clock_s, "the simulation runs")
        graph.stop(sim, number)
        graph.start(sim, real_time=True)
        graph.until(graph.time_went_back, "the new simulation starts")
        graph.until(graph.reset_gate, "the gate, which lost its hands, is reset")
        began_s, heard = graph.clock_s[-1], len(graph.pressed_s)
        graph.until(lambda at_s=began_s: graph.clock_s[-1] > at_s + 2, "the simulation goes on")
        graph.until(lambda n=heard: len(graph.pressed_s) > n + 10, "it presses keys")
    graph.stop(recorder, signal.SIGINT)
    last = messages(cli.folder / "SIGKILL")
    assert all(last[f"/{name}"] for name in ("piano_state", "key_goal"))
