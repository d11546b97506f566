"""Contract of a backend: what hands and piano must do to replace the simulation."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState

from pianomime.hands.hand_spec import HandSpec
from pianomime.hands.hands_model import PEDAL, PEDAL_GROUP
from pianomime.piano.geometry import N_KEYS
from pianomime.simulation.model import load_model
from pianomime.timing import Timing
from pianomime_bringup.graph import GraphConfig
from pianomime_common import conversions, topics
from pianomime_msgs import msg

LISTEN_S: Final = 3.0
FIRST_MESSAGE_S: Final = 15.0
MOVE_RAD: Final = 0.15
MOVE_M: Final = 0.015
MOVE_S: Final = 1.5
SLACK: Final = 0.05
"""Tolerance on joint positions [rad, m], for soft end stops and measurement noise."""

RATE_SLACK: Final = 0.1
"""Relative tolerance on rates."""

LEAST_STATES: Final = 0.75
"""Least share of the states of a second that must be received."""


@dataclass(frozen=True)
class Check:
    """Result of one clause of the contract: requirement, observation, and whether it holds."""

    what: str
    wanted: str
    seen: str
    holds: bool


class BackendContract(Node):
    """Test node in place of the gate: subscribes to hands and piano, and sends gentle commands.

    No other node may command them during the test. It moves both hands by the first joint of their
    lifted posture, by 0.15 rad or 15 mm, and back, moves one hand to its upper end stop, sends
    non-finite commands and commands of unknown joints, and presses the pedal.
    """

    def __init__(self, hands: HandSpec, graph: GraphConfig, timing: Timing) -> None:
        """Create subscriptions and publishers in the namespace of `graph`.

        Raises:
            ModelError: The lifted posture of the hands has no joint.
        """
        arguments = ["--ros-args", *graph.remap_arguments]
        super().__init__("backend_contract", namespace=graph.namespace, cli_args=arguments)
        self._hands = load_model(hands)
        self._lifting = self._hands.lifting_joints
        self._joints: list[JointState] = []
        self._piano: list[msg.PianoState] = []
        self._ages_s: list[float] = []
        for topic, callback in (
            (topics.JOINT_STATES, self._on_joints),
            (topics.PIANO_STATE, self._piano.append),
        ):
            self.create_subscription(topic.type, topic.name, callback, topic.recorder_qos)
        self._commands = {
            group: self.create_publisher(topic.type, topic.name, topic.qos)
            for group in self._hands.groups
            for topic in (topics.group_command(group),)
        }
        self._decision_s = timing.decision_s
        self._target: dict[str, float] = {}
        self._jumble = False

    def run(self) -> Iterator[Check]:
        """Check the clauses one by one; yield each result as soon as it is known."""
        received = self._until(lambda: self._joints and self._piano, FIRST_MESSAGE_S)
        silent = [
            n for n, m in (("joint_states", self._joints), ("piano_state", self._piano)) if not m
        ]
        yield Check(
            "hands and piano publish",
            f"within {FIRST_MESSAGE_S:g} s",
            f"no {', '.join(silent)}" if silent else "yes",
            bool(received),
        )
        rivals = self._rivals()
        yield Check("no other node commands", "none", ", ".join(rivals) or "none", not rivals)
        if not received or rivals:
            return
        if self.count_publishers(self.resolve_topic_name(topics.CLOCK.name)):
            self.set_parameters([Parameter("use_sim_time", value=True)])
        self._target = {PEDAL: 0.0, **self._measured()}
        self._hold(1.0)  # some backends start at the first command
        self._ages_s.clear()
        del self._joints[:-1], self._piano[:-1]
        self._hold(LISTEN_S)
        yield from self._check_messages()
        yield self._late_joiner()
        ways = self._ways()
        yield self._moves("follows commands", ways)
        self._jumble = True
        back = {name: -by for name, by in ways.items()}
        yield self._moves("accepts joints in any order", back)
        self._jumble = False
        yield from self._bad_commands()
        yield from self._pedal()
        yield self._silence()

    def _check_messages(self) -> Iterator[Check]:
        names = set(self._joints[-1].name)
        wrong = sorted(names ^ set(self._hands.joint_names))
        sizes = {len(m.name) == len(m.position) == len(m.velocity) for m in self._joints}
        yield Check(
            "names of the joints",
            "each once",
            ", ".join(wrong) or "right",
            not wrong and all(sizes),
        )
        position = np.array([list(self._position(m).values()) for m in self._joints])
        out = (position < self._hands.lower - SLACK) | (position > self._hands.upper + SLACK)
        outside = [self._hands.joint_names[i] for i in np.flatnonzero(out.any(axis=0))]
        yield Check("joints in rad and m, within limits", "all", str(outside or "all"), not outside)
        keys = np.array([m.position for m in self._piano])
        shape = keys.shape[1:] == (N_KEYS,) and bool(np.all((keys >= 0) & (keys <= 1)))
        binary = {int(a) for m in self._piano for a in m.active} <= {0, 1}
        yield Check(
            "88 keys, from 0 to 1", "all", "all" if shape and binary else "not", shape and binary
        )
        decision_s = self._decision_s
        wanted = 1 / decision_s
        for name, messages in (("joint_states", self._joints), ("piano_state", self._piano)):
            stamps = np.array([conversions.from_time(m.header.stamp) for m in messages])
            rate = (len(messages) - 1) / max(stamps[-1] - stamps[0], decision_s)
            holds = abs(rate - wanted) <= RATE_SLACK * wanted
            yield Check(
                f"rate of {name}", f"{wanted:g} Hz +- {RATE_SLACK:.0%}", f"{rate:.1f} Hz", holds
            )
            late = int(np.sum(np.diff(stamps) <= 0))
            yield Check(f"stamps of {name} rise", "each", f"{late} do not", late == 0)
            off = np.abs(stamps / decision_s - np.round(stamps / decision_s)).max() * decision_s
            yield Check(
                f"stamps of {name} are multiples of {decision_s:g} s",
                "to 1 ms",
                f"{off * 1e3:.2f} ms off",
                bool(off < 1e-3),
            )
        joints = {_key(m) for m in self._joints}
        shared = len(joints & {_key(m) for m in self._piano}) / len(joints)
        yield Check("stamps of both are the same", ">= 90 %", f"{shared:.0%}", shared >= 0.9)
        age_s = float(np.median(self._ages_s)) if self._ages_s else np.inf
        yield Check(
            "stamps are of the graph's clock", "< 0.15 s old", f"{age_s:.3f} s", abs(age_s) < 0.15
        )

    def _late_joiner(self) -> Check:
        received: list[JointState] = []
        topic = topics.JOINT_STATES
        late = self.create_subscription(topic.type, topic.name, received.append, topic.qos)
        self._hold(2.0, until=lambda: received)
        self.destroy_subscription(late)
        return Check(
            "a late joiner receives states",
            "within 2 s",
            "yes" if received else "no",
            bool(received),
        )

    def _ways(self) -> dict[str, float]:
        """Return by how much each hand is moved: upwards if there is room, else downwards."""
        hands, before = self._hands, self._measured()
        ways = {}
        joints = hands.index(list(self._lifting))
        for index, (name, up) in zip(joints, self._lifting.items(), strict=True):
            by = up * (MOVE_M if hands.is_slide[index] else MOVE_RAD)
            has_room = hands.lower[index] <= before[name] + by <= hands.upper[index]
            ways[name] = by if has_room else -by
        return ways

    def _moves(self, what: str, ways: dict[str, float]) -> Check:
        before = self._measured()
        for name, by in ways.items():
            self._target[name] = before[name] + by
        self._hold(MOVE_S)
        after = self._measured()
        share = min((after[name] - before[name]) / by for name, by in ways.items())
        by = next(iter(ways.values()))
        return Check(what, f"{by:+.3g} in {MOVE_S:g} s", f"{share:.0%} of it", share > 0.5)

    def _bad_commands(self) -> Iterator[Check]:
        moved_joint, up = next(iter(self._lifting.items()))
        group = next(g for g, names in self._hands.groups.items() if moved_joint in names)
        for what, change in (
            ("a non-finite command moves nothing", {moved_joint: float("nan")}),
            ("a command of an unknown joint moves nothing", {"no_such_joint": 0.3}),
        ):
            before = self._measured()
            good = {name: self._target[name] for name in self._hands.groups[group]}
            for _ in range(5):
                self._send(group, good | change)
                self._spin(self._decision_s)
            self._hold(0.5)
            moved = max(abs(value - before[name]) for name, value in self._measured().items())
            finite = bool(np.isfinite(moved))
            yield Check(what, f"< {SLACK:g}", f"{moved:.3f}", finite and moved < SLACK)
        index = self._hands.index([moved_joint])[0]
        limit = (self._hands.upper if up > 0 else self._hands.lower)[index]
        kept, self._target[moved_joint] = self._target[moved_joint], limit + up
        self._hold(MOVE_S)
        beyond = max(up * (self._position(m)[moved_joint] - limit) for m in self._joints)
        self._target[moved_joint] = kept
        yield Check(
            "a target beyond a joint limit stops at the limit", f"< {SLACK:g}", f"{beyond:.3f}",
            beyond < SLACK,
        )  # fmt: skip
        self._hold(MOVE_S)

    def _pedal(self) -> Iterator[Check]:
        for down in (True, False):
            self._target[PEDAL] = float(down)
            took_s = self._hold(1.0, until=lambda down=down: self._piano[-1].sustain == down)
            state = self._piano[-1].sustain == down
            yield Check(
                f"the pedal goes {'down' if down else 'up'}", "within 1 s", f"{took_s:.2f} s", state
            )

    def _silence(self) -> Check:
        before, count = self._measured(), len(self._joints)
        self._spin(1.0)
        moved = max(abs(value - before[name]) for name, value in self._measured().items())
        count = len(self._joints) - count
        least = int(LEAST_STATES / self._decision_s)
        return Check(
            "without commands the hands stand still and publish",
            f"< {SLACK:g}, >= {least} states",
            f"{moved:.3f}, {count} states", moved < SLACK and count >= least,
        )  # fmt: skip

    # Communication with the hands.

    def _on_joints(self, message: JointState) -> None:
        self._joints.append(message)
        now_s = self.get_clock().now().nanoseconds * 1e-9
        self._ages_s.append(now_s - conversions.from_time(message.header.stamp))
        if self._target:
            for group, names in self._hands.groups.items():
                self._send(group, {name: self._target[name] for name in names})

    def _send(self, group: str, goals: dict[str, float]) -> None:
        names = list(goals)[::-1] if self._jumble else list(goals)
        position = np.array([[goals[name] for name in names]])
        stamp_s = conversions.from_time(self._joints[-1].header.stamp)
        self._commands[group].publish(conversions.to_trajectory(names, position, (0.0,), stamp_s))

    def _position(self, message: JointState) -> dict[str, float]:
        found = dict(zip(message.name, message.position, strict=True))
        return {name: found.get(name, np.nan) for name in self._hands.joint_names}

    def _measured(self) -> dict[str, float]:
        return self._position(self._joints[-1])

    def _hold(self, time_s: float, until: Callable[[], object] = lambda: False) -> float:
        """Command the target at each state, until a condition or timeout; return the time [s]."""
        began_s = time.monotonic()
        self._until(until, time_s)
        return time.monotonic() - began_s

    def _spin(self, time_s: float) -> None:
        kept, self._target = self._target, {}
        self._until(lambda: False, time_s)
        self._target = kept

    def _until(self, condition: Callable[[], object], timeout_s: float) -> bool:
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            rclpy.spin_once(self, timeout_sec=0.01)
            if condition():
                return True
        return bool(condition())

    def _rivals(self) -> list[str]:
        topic = topics.group_command(PEDAL_GROUP).name
        found = self.get_publishers_info_by_topic(self.resolve_topic_name(topic))
        return sorted(i.node_name for i in found if i.node_name != self.get_name())


def _key(message: JointState | msg.PianoState) -> tuple[int, int]:
    return message.header.stamp.sec, message.header.stamp.nanosec // 10**6
