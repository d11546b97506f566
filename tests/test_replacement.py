"""Recorder and simulation, started by hand, can be stopped and replaced while the others play."""

import signal
import subprocess
import sys
from itertools import pairwise

import pytest
import rclpy
from rosbags.rosbag2 import Reader
from std_srvs.srv import Trigger

from pianomime_common import conversions, topics

pytestmark = pytest.mark.ros


class Graph:
    """Single nodes, each started as a user starts it in a terminal, and an observer."""

    def __init__(self, cli, observer):
        self._cli = cli
        self._observer = observer
        self._processes = {}
        self.clock_s = []
        self.pressed_s = []
        self._reset = observer.create_client(Trigger, "gate/reset")
        topic = topics.CLOCK
        observer.create_subscription(topic.type, topic.name, self._on_clock, topic.qos)
        topic = topics.PIANO_STATE
        observer.create_subscription(topic.type, topic.name, self._on_piano_state, topic.qos)

    def _on_clock(self, message):
        self.clock_s.append(conversions.from_time(message.clock))

    def _on_piano_state(self, message):
        if any(message.active):
            self.pressed_s.append(conversions.from_time(message.header.stamp))

    def time_went_back(self):
        return any(later < earlier for earlier, later in pairwise(self.clock_s))

    def reset_gate(self):
        """Return whether the gate took the reset; it does when the new hands have spoken."""
        if not self._reset.service_is_ready():
            return False
        reply = self._reset.call_async(Trigger.Request())
        rclpy.spin_until_future_complete(self._observer, reply, timeout_sec=5)
        return reply.result().success

    def start(self, module, **parameters):
        arguments = [x for name, value in parameters.items() for x in ("-p", f"{name}:={value}")]
        log = (self._cli.folder / f"{module}.log").open("a")
        self._processes[module] = subprocess.Popen(
            [sys.executable, "-m", module, "--ros-args", *arguments],
            env=self._cli.environment,
            cwd=self._cli.folder,
            stderr=log,
            stdout=log,
        )

    def stop(self, module, number):
        process = self._processes.pop(module)
        process.send_signal(number)
        process.wait(20)

    def stop_all(self):
        for process in self._processes.values():
            process.send_signal(signal.SIGINT)
        for process in self._processes.values():
            assert process.wait(20) == 0

    def until(self, condition, what):
        def spin_and_ask():
            rclpy.spin_once(self._observer, timeout_sec=0.05)
            return condition()

        self._cli.wait_until(spin_and_ask, 60, what)


@pytest.fixture
def graph(cli, observer):
    graph = Graph(cli, observer)
    yield graph
    graph.stop_all()


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
