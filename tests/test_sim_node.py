"""The simulation as a node, from outside: its services, its state, its answers to commands."""

import signal
import sys

import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from std_srvs.srv import SetBool, Trigger

from pianomime.hands.embodiment import embodiment
from pianomime.simulation.flight_recorder import replay
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import SimulationDivergedError
from pianomime_common import conversions, topics
from pianomime_msgs.srv import StepSimulation
from pianomime_sim.sim_node import SimNode

pytestmark = pytest.mark.ros


class Bench:
    """A node that commands the simulation and watches it."""

    def __init__(self, node, wait_until):
        self.node = node
        self._wait_until = wait_until
        self.states = []
        self.clock_s = []
        topic = topics.JOINT_STATES
        node.create_subscription(topic.type, topic.name, self.states.append, topic.qos)
        topic = topics.CLOCK
        node.create_subscription(topic.type, topic.name, self._on_clock, topic.qos)
        self.groups = load_model(embodiment("pianomime")).groups
        self._publishers = {}
        for group in self.groups:
            topic = topics.group_command(group)
            self._publishers[group] = node.create_publisher(topic.type, topic.name, topic.qos)

    def _on_clock(self, message):
        self.clock_s.append(conversions.from_time(message.clock))

    def until(self, condition, what):
        def spin_and_ask():
            rclpy.spin_once(self.node, timeout_sec=0.05)
            return condition()

        self._wait_until(spin_and_ask, 30, what)

    def call(self, kind, name, **fields):
        client = self.node.create_client(kind, name)
        assert client.wait_for_service(20)
        future = client.call_async(kind.Request(**fields))
        self.until(future.done, f"{name} answers")
        return future.result()

    def command(self, stamp_s):
        for group, names in self.groups.items():
            zeros = np.zeros((1, len(names)))
            self._publishers[group].publish(
                conversions.to_trajectory(names, zeros, (0.0,), stamp_s)
            )


@pytest.fixture
def bench(cli, observer):
    sim = cli.popen([sys.executable, "-m", "pianomime_sim.sim_node"])
    bench = Bench(observer, cli.wait_until)
    bench.until(lambda: bench.clock_s and bench.states, "the simulation is there")
    yield bench
    sim.send_signal(signal.SIGINT)
    assert sim.wait(timeout=20) == 0


def test_it_waits_at_the_start_and_steps_once_for_each_command(bench):
    assert set(bench.clock_s) == {1.0}
    assert len(bench.states[0].name) == 54
    bench.until(lambda: len(bench.clock_s) > 3, "it repeats itself")
    assert set(bench.clock_s) == {1.0}
    bench.until(lambda: bench.node.count_subscribers("/pedal_controller/joint_trajectory"), "found")
    bench.until(lambda: bench.command(1.0) or 1.05 in bench.clock_s, "a step is taken")
    for _ in range(5):
        bench.command(1.0)  # late: that step is over
        rclpy.spin_once(bench.node, timeout_sec=0.05)
    assert max(bench.clock_s) == 1.05
    bench.until(lambda: bench.command(1.05) or 1.1 in bench.clock_s, "the next step is taken")


def test_pause_step_and_reset(bench):
    reply = bench.call(StepSimulation, "sim/step_simulation", steps=1)
    assert (reply.success, reply.message) == (False, "the simulation runs; pause it first")
    assert bench.call(SetBool, "sim/set_pause", data=True).success
    assert "at least 1" in bench.call(StepSimulation, "sim/step_simulation", steps=0).message
    assert bench.call(StepSimulation, "sim/step_simulation", steps=3).success
    bench.until(lambda: 1.15 in bench.clock_s, "three steps are taken")
    bench.command(1.15)
    bench.until(lambda: bench.clock_s.count(1.15) > 3, "a command does not move a paused one")
    assert max(bench.clock_s) == 1.15
    assert bench.call(Trigger, "sim/reset_world").success
    bench.clock_s.clear()
    bench.until(lambda: bench.clock_s, "it goes on publishing")
    assert bench.clock_s[0] == 1.0


def test_a_broken_simulation_stops_the_clock_and_is_reset(observer, tmp_path):
    sim = SimNode(  # in this process, to be able to break its physics
        parameter_overrides=[
            Parameter("real_time", value=True),
            Parameter("dump_dir", value=str(tmp_path)),
        ]
    )
    executor = SingleThreadedExecutor()
    clock_s, problems = [], []
    topic = topics.CLOCK
    observer.create_subscription(topic.type, topic.name, clock_s.append, topic.qos)
    topic = topics.DIAGNOSTICS
    observer.create_subscription(topic.type, topic.name, problems.append, topic.qos)
    bench = Bench(observer, None)

    def until(condition):
        for _ in range(3000):
            executor.spin_once(timeout_sec=0.05)
            if condition():
                return
        pytest.fail("never happened")

    try:
        executor.add_node(sim)
        executor.add_node(observer)
        sim.start()
        until(lambda: clock_s)
        until(lambda: bench.command(1.0) or len(clock_s) > 5)
        sim._simulation.data.qvel[3] = 1e12
        until(lambda: any("diverged" in p.status[0].message for p in problems))
        stopped = len(clock_s)
        until(lambda: len([p for p in problems if p.status[0].message]) > 2)
        assert len(clock_s) <= stopped + 1, "time stands still"
        (dump,) = tmp_path.glob("diverged-*.npz")
        with pytest.raises(SimulationDivergedError):
            replay(dump)
        assert sim._reset_world() == ""
        until(lambda: len(clock_s) > stopped + 3)
    finally:
        sim.trigger_shutdown()
        sim.destroy_node()
