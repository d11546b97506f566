"""Recorder and simulation, started by hand, can be stopped and replaced while the others play."""

import signal

import pytest
from rosbags.rosbag2 import Reader

pytestmark = pytest.mark.ros


def messages(bag):
    with Reader(bag) as reader:
        return {topic: info.msgcount for topic, info in reader.topics.items()}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_recorder_and_simulation_are_replaced(graph, cli, number):
    sim, recorder = "pianomime_sim.sim_node", "pianomime_recorder.recorder_node"
    graph.start(sim, real_time=True)
    graph.start("pianomime_goals.goals_node", use_sim_time=True, song="minuet_in_g")
    graph.start("pianomime_control.gate_node", use_sim_time=True, auto_arm=True, guard_hands=False)
    graph.start("pianomime_control.expert_node", use_sim_time=True)
    graph.start(recorder, use_sim_time=True, bag="one")
    graph.until(lambda: len(graph.pressed_s) > 10, "keys are pressed")

    graph.stop(recorder, number)
    graph.start(recorder, use_sim_time=True, bag="two")
    heard = len(graph.pressed_s)
    graph.until(lambda: len(graph.pressed_s) > heard + 40, "keys are pressed, recorder replaced")

    graph.stop(sim, number)
    graph.start(sim, real_time=True)
    graph.until(graph.time_went_back, "the new simulation starts")
    graph.until(graph.reset_gate, "the gate, which lost its hands, is reset")
    began_s, heard = graph.clock_s[-1], len(graph.pressed_s)
    graph.until(lambda: graph.clock_s[-1] > began_s + 2, "the new simulation goes on")
    graph.until(lambda: len(graph.pressed_s) > heard + 10, "it presses keys")
    graph.stop(recorder, signal.SIGINT)
    assert all(messages(cli.folder / "two")[f"/{name}"] for name in ("piano_state", "key_goal"))
