"""Between our topics and those of the Shadow Hand's driver."""

from functools import partial

import numpy as np
from rclpy.lifecycle import LifecyclePublisher
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64
from trajectory_msgs.msg import JointTrajectory

from pianomime.hands.embodiment import embodiment
from pianomime.hands.hands_model import HandsModel
from pianomime.hardware.grid import Grid
from pianomime.simulation.model import CONTROL_DT_S, load_model
from pianomime_common import conversions, topics
from pianomime_common.piano_node import PianoNode
from pianomime_common.running import run
from pianomime_hardware import driver_topics
from pianomime_hardware.hardware_config import ShadowBridgeConfig

POLL_S = 0.002


class ShadowBridgeNode(PianoNode):
    """Publish joint states at our rate on the common grid of instants; pass commands on.

    When the link is lost nothing is published and nothing passed on, so that the gate halts. When
    it is back, the hands are told to stay where they are before any command passes: a target from
    before is not theirs any more.
    """

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__("shadow_bridge", ShadowBridgeConfig)

    def configure(self) -> None:
        """Find out which joints there are."""
        config = self.config
        hands = HandsModel.of(load_model(embodiment(config.embodiment)))
        self._names, self._groups = hands.joint_names, hands.groups
        self._lower = dict(zip(hands.joint_names, hands.lower, strict=True))
        self._upper = dict(zip(hands.joint_names, hands.upper, strict=True))
        self._joint_states = self.advertise(topics.JOINT_STATES)
        controllers = driver_topics.trajectory_controllers(config.rail)
        self._trajectories: dict[str, LifecyclePublisher] = {
            group: self.advertise(driver_topics.trajectory(config.driver, controller))
            for group, controller in controllers.items()
            if config.interface == "trajectory" or "forearm" in group
        }
        self._positions: list[tuple[LifecyclePublisher, LifecyclePublisher, tuple[str, ...]]] = []
        for controller, joints in driver_topics.hand_position_controllers(self._names).items():
            if config.interface == "position":
                target = self.advertise(driver_topics.position(config.driver, controller))
                force = self.advertise(driver_topics.max_force_factor(config.driver, controller))
                self._positions.append((target, force, joints))

    def activate(self) -> None:
        """Listen to both sides."""
        self._grid = Grid(CONTROL_DT_S)
        self._measured: dict[str, tuple[float, float]] = {}  # position and velocity by joint
        self._heard_s = 0.0  # when the driver last said something new
        self._linked = False
        self._last: dict[str, float] = {}  # targets of the last command
        self._rejected = 0
        self.listen(driver_topics.joint_states(self.config.driver), self._on_driver_state)
        for group in driver_topics.trajectory_controllers(self.config.rail):
            self.listen(topics.group_command(group), partial(self._on_command, group))
        self.every(POLL_S, self._tick)

    def _on_driver_state(self, message: JointState) -> None:
        stamp_s = conversions.from_time(message.header.stamp)
        if self.now_s() - stamp_s > self.config.link_timeout_s:
            self._rejected += 1
            self.diagnostics.count("stale states", self._rejected)
            return
        velocity = message.velocity or [0.0] * len(message.name)
        for name, *values in zip(message.name, message.position, velocity, strict=True):
            if np.isfinite(values).all():
                self._measured[name] = tuple(values)
        self._heard_s = self.now_s()
        if not self._linked and all(name in self._measured for name in self._names):
            self._begin()

    def _begin(self) -> None:
        """Tell the hands to stay as they are."""
        self._linked = True
        self.diagnostics.solved("link")
        for _, force, _ in self._positions:
            force.publish(Float64(data=self.config.max_force_factor))
        self._last = {name: self._measured[name][0] for name in self._names}
        self._send(self._last)

    def _tick(self) -> None:
        now_s = self.now_s()
        if self._linked and now_s - self._heard_s > self.config.link_timeout_s:
            self._linked = False
            self._measured.clear()
            self.diagnostics.problem("link", "the hands' driver is silent")
        stamp_s = self._grid.tick(now_s)
        if stamp_s is None or not self._linked:
            return
        position, velocity = np.array([self._measured[name] for name in self._names]).T
        state = conversions.to_joint_state(self._names, position, velocity, stamp_s)
        self._joint_states.publish(state)

    def _on_command(self, group: str, message: JointTrajectory) -> None:
        names, position, stamp_s = conversions.from_trajectory(message)
        if not self._linked or set(names) != set(self._groups[group]):
            return
        if self.now_s() - stamp_s > 2 * CONTROL_DT_S:  # of a time before the link was lost
            self._rejected += 1
            self.diagnostics.count("stale commands", self._rejected)
            return
        ahead = self.config.latency_s / CONTROL_DT_S
        goals = {}
        for name, target in zip(names, position, strict=True):
            led = target + ahead * (target - self._last[name])
            goals[name] = float(np.clip(led, self._lower[name], self._upper[name]))
            self._last[name] = target
        self._send(goals)

    def _send(self, goals: dict[str, float]) -> None:
        now_s = self.now_s()
        for group, publisher in self._trajectories.items():
            names = [name for name in self._groups[group] if name in goals]
            if names:
                targets = np.array([goals[name] for name in names])
                publisher.publish(
                    conversions.to_trajectory(names, targets, now_s, self.config.point_time_s)
                )
        for publisher, _, joints in self._positions:
            if joints[0] in goals:
                publisher.publish(Float64(data=sum(goals[name] for name in joints)))


def main() -> None:
    """Run the node."""
    run(ShadowBridgeNode)


if __name__ == "__main__":
    main()
