"""Bridge node between the graph's topics and those of the Shadow Hand's driver."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from heapq import heapify, heappop, heappush

import numpy as np
from rclpy.lifecycle import LifecyclePublisher
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64
from trajectory_msgs.msg import JointTrajectory

from pianomime.hands.embodiment import embodiment
from pianomime.hands.hands_model import PEDAL_GROUP
from pianomime.hardware.grid import Grid
from pianomime.safety.checks import check_finite, check_names, check_points
from pianomime.safety.gate_types import Request
from pianomime.simulation.model import load_model
from pianomime_common import conversions, topics
from pianomime_common.piano_node import PianoNode
from pianomime_common.running import run
from pianomime_hardware import driver_topics
from pianomime_hardware.hardware_config import ShadowBridgeConfig

POLL_S = 0.005

STALE = 2.0
"""Age in decisions above which a command is dropped."""


class ShadowBridgeNode(PianoNode):
    """Bridge that publishes joint states on the shared time grid, and forwards commands.

    A command is sent such that it takes effect `ahead_s` after the state that it responds to. This
    keeps the delay constant despite the links' jitter, so that goals can compensate for it.

    While the link is lost, nothing is published or forwarded, so that the gate halts. When it is
    restored, the hands are first commanded to hold their position, since their old targets are
    obsolete.
    """

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__("shadow_bridge", ShadowBridgeConfig)

    def configure(self) -> None:
        """Read the joints of the hands, and advertise."""
        config = self.config
        hands = load_model(embodiment(config.embodiment))
        self._names, self._groups, self._driver = hands.joint_names, hands.groups, hands.spec.driver
        self._joint_states = self.advertise(topics.JOINT_STATES)
        self._driven = driver_topics.trajectory_controllers(hands.spec, config.rail)
        self._trajectories: dict[str, LifecyclePublisher] = {
            group: self.advertise(driver_topics.trajectory(config.driver, controller))
            for group, controller in self._driven.items()
            if config.interface == "trajectory" or group in hands.spec.slide_groups
        }
        self._positions: list[tuple[LifecyclePublisher, LifecyclePublisher, tuple[str, ...]]] = []
        if config.interface == "position":
            for controller, joints in hands.position_controllers.items():
                target = self.advertise(driver_topics.position(config.driver, controller))
                force = self.advertise(driver_topics.max_force_factor(config.driver, controller))
                self._positions.append((target, force, joints))

    def activate(self) -> None:
        """Subscribe to the driver and to the gate's commands."""
        self._grid = Grid(self.config.decision_s)
        self._newest: dict[tuple[str, ...], JointState] = {}
        self._received_s = 0.0  # time of the last complete state of the driver
        self._linked = False
        self._waiting: list[_Waiting] = []  # a heap
        self._rejected = self._late = 0
        self.listen(driver_topics.joint_states(self.config.driver), self._on_driver_state)
        for group in self._driven:
            self.listen(topics.group_command(group), partial(self._on_command, group))
        self.every(POLL_S, self._tick)

    def _on_driver_state(self, message: JointState) -> None:
        stamp_s = conversions.from_time(message.header.stamp)
        if self.now_s() - stamp_s > self.config.link_timeout_s:
            self._rejected += 1
            self.diagnostics.count("stale states", self._rejected)
            return
        if len(message.name) != len(message.position):
            return
        self._newest[tuple(message.name)] = message  # hands and rail may publish separately
        on_grid_s = self._grid.tick(stamp_s + 0.5 / self._driver.state_rate_hz)
        if on_grid_s is None:
            return
        measured = self._measured()
        if measured is None:
            return
        self._received_s = self.now_s()
        self.diagnostics.solved("joint_states")
        position, velocity = measured
        if not self._linked:
            self._begin(position)
        state = conversions.to_joint_state(self._names, position, velocity, on_grid_s)
        self._joint_states.publish(state)

    def _measured(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Return positions and velocities of all joints, (n,) each; None until all are known."""
        found = {}
        oldest_s = self.now_s() - self.config.link_timeout_s
        for names, message in self._newest.items():
            if conversions.from_time(message.header.stamp) < oldest_s:
                continue  # outdated: its publisher is silent
            velocity = message.velocity
            if len(velocity) != len(names):
                velocity = np.zeros(len(names))
            found |= dict(zip(names, zip(message.position, velocity, strict=True), strict=True))
        if not all(name in found for name in self._names):
            return None
        position, velocity = np.array([found[name] for name in self._names]).T
        if not (np.isfinite(position).all() and np.isfinite(velocity).all()):
            self.diagnostics.problem("joint_states", "the driver's joint states are not finite")
            return None
        return position, velocity

    def _begin(self, position: np.ndarray) -> None:
        """Command the hands to hold their position (n,) [rad, m]."""
        self._linked = True
        self.diagnostics.solved("link")
        for _, force, _ in self._positions:
            force.publish(Float64(data=self.config.max_force_factor))
        self._waiting.clear()
        for group, names in self._groups.items():
            if group != PEDAL_GROUP:
                here = position[[self._names.index(name) for name in names]]
                self._send(_Waiting(0.0, group, tuple(names), here[None], (0.0,)))

    def _tick(self) -> None:
        now_s = self.now_s()
        if self._linked and now_s - self._received_s > self.config.link_timeout_s:
            self._linked = False
            self._newest.clear()
            self.diagnostics.problem("link", "the hands' driver is silent")
            self._waiting.clear()
        while self._waiting and self._waiting[0].send_s <= now_s:
            self._send(heappop(self._waiting))

    def _on_command(self, group: str, message: JointTrajectory) -> None:
        request, decision_s = conversions.from_trajectory(message), self.config.decision_s
        if not self._linked:
            return
        if (
            check_points(request, decision_s)
            or check_finite(request)
            or check_names(request.names, set(self._groups[group]))
        ):
            return  # the driver's controllers do not validate commands
        if self.now_s() - request.stamp_s > STALE * decision_s:  # from before the link was lost
            self._rejected += 1
            self.diagnostics.count("stale commands", self._rejected)
            return
        send_s = request.stamp_s + self.config.ahead_s - self.config.command_latency_s
        # A new command of a group replaces the unsent rest of the previous one.
        self._waiting = [w for w in self._waiting if w.group != group or w.send_s < send_s]
        heapify(self._waiting)
        self._queue(group, request, send_s)
        late_s = self.now_s() - send_s
        if late_s > 0:
            self._late += 1
            self.diagnostics.count("late commands", self._late)

    def _queue(self, group: str, request: Request, send_s: float) -> None:
        """Queue a command: as a whole for a trajectory controller, otherwise point by point."""
        names, positions = tuple(request.names), np.array(request.positions)
        if group in self._trajectories:
            heappush(self._waiting, _Waiting(send_s, group, names, positions, request.times_s))
            return
        for time_s, position in zip(request.times_s, positions, strict=True):
            point = _Waiting(send_s + time_s, group, names, position[None], (0.0,))
            heappush(self._waiting, point)

    def _send(self, waiting: "_Waiting") -> None:
        if waiting.group in self._trajectories:
            times_s = np.maximum(waiting.times_s, self.config.point_time_s)
            message = conversions.to_trajectory(
                waiting.names, waiting.positions, times_s.tolist(), self.now_s()
            )
            self._trajectories[waiting.group].publish(message)
            return
        goals = dict(zip(waiting.names, waiting.positions[-1].tolist(), strict=True))
        for publisher, _, joints in self._positions:
            if joints[0] in goals:
                publisher.publish(Float64(data=sum(goals[name] for name in joints)))


@dataclass(order=True)
class _Waiting:
    """A queued part of a command, and the time at which to send it [s]."""

    send_s: float
    group: str = field(compare=False)
    names: tuple[str, ...] = field(compare=False)
    positions: np.ndarray = field(compare=False)  # (points, n)
    times_s: Sequence[float] = field(compare=False)


def main() -> None:
    """Run the node."""
    run(ShadowBridgeNode)


if __name__ == "__main__":
    main()
