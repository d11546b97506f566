"""Command gate node: the only publisher of commands to the hands."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

from pianomime.errors import ConfigError
from pianomime.hands.embodiment import embodiment, embodiment_parameter
from pianomime.safety.checks import SAME_S
from pianomime.safety.command_gate import CommandGate
from pianomime.safety.gate_config import GateConfig
from pianomime.safety.gate_types import GateResult, GateState, Verdict
from pianomime.score.midi_controllers import ALL_NOTES_OFF_CONTROLLER, SUSTAIN_CONTROLLER
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import MidiEvent, MidiKind
from pianomime_common import conversions, topics
from pianomime_common.node_config import TimedNodeConfig
from pianomime_common.piano_node import PianoNode
from pianomime_common.running import run
from pianomime_common.source_subscriptions import SourceSubscriptions
from pianomime_common.sources_config import SourcesConfig
from pianomime_msgs.msg import KeyGoal

WATCH_S: Final = 0.01
"""Period of the check for silent inputs [s]."""

APART: Final = 0.4
"""Minimum time between the gate's own timed commands, as a share of a decision."""

NO_COMMAND: Final = GateResult(Verdict.ACCEPTED, "no command yet")


@dataclass(frozen=True, kw_only=True)
class GateNodeConfig(GateConfig, SourcesConfig, TimedNodeConfig):
    """Limits, sources and embodiment of the gate."""

    embodiment: str = embodiment_parameter()

    def __post_init__(self) -> None:
        """Validate the values, and that the owner is one of the sources.

        Raises:
            ConfigError: A value is out of range, or the owner is not a source.
        """
        super().__post_init__()
        if self.owner not in self.source_names:
            raise ConfigError(f"owner = {self.owner!r}: must be one of {self.sources}")


class GateNode(PianoNode):
    """Node that forwards the owner's checked commands by joint group, and halts when necessary."""

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__("gate", GateNodeConfig)

    def configure(self) -> None:
        """Load the hands' model and advertise."""
        hands = load_model(embodiment(self.config.embodiment))
        self._gate = CommandGate(hands, self.config, self.config.timing)
        self._counts = dict.fromkeys(("accepted", "clamped", "limited", "slowed", "rejected"), 0)
        where = {name: i for i, name in enumerate(self._gate.joint_names)}
        self._groups = []
        for group, names in hands.groups.items():
            publisher = self.advertise(topics.group_command(group))
            self._groups.append((publisher, names, np.array([where[name] for name in names])))
        self._status = self.advertise(topics.GATE_STATUS)
        self._midi_out = self.advertise(topics.MIDI_OUT)
        self._result = NO_COMMAND
        self._state = self._gate.state
        self._stamp_s = 0.0  # stamp of the newest joint states
        self._commanded_s = -1.0  # time of the gate's own last command
        self._commanded = self._gate.lifted()
        self._held: dict[str, JointTrajectory] = {}

    def activate(self) -> None:
        """Subscribe to commands and states, and offer the services."""
        self._gate.configure(self.config)  # parameters may have changed while inactive
        self._sources = SourceSubscriptions(self._subscribe, self._forget)
        self._sources.follow(self.config.source_names)
        self.listen(topics.JOINT_STATES, self._on_joint_states)
        self.listen(topics.KEY_GOAL, self._on_key_goal)
        self.every(WATCH_S, self._watch)
        self.every(0.5, self._check_publishers)
        self.serve(Trigger, "~/arm", lambda: self._gate.arm(self.now_s()))
        self.serve(Trigger, "~/disarm", self._gate.disarm)
        self.serve(Trigger, "~/halt", self._halt)
        self.serve(Trigger, "~/reset", lambda: self._gate.reset(self.now_s()))
        self._report()

    def deactivate(self) -> None:
        """Send a final command that lifts the hands, if deactivated while moving."""
        if self._gate.state in (GateState.ACTIVE, GateState.HALTING):
            self._hold(self._gate.lifted(), self.now_s())

    def reconfigured(self) -> None:
        """Apply new limits, owner or sources."""
        self._sources.follow(self.config.source_names)
        self._gate.configure(self.config)
        self._report()

    def begin_leaving(self) -> None:
        """Lift the hands before the process ends."""
        self._gate.halt(self.now_s(), "the gate is shutting down")

    def may_leave(self) -> bool:
        """Stay until the hands are lifted, unless no joint states are published."""
        lifting = self._gate.state is GateState.HALTING
        return not (lifting and self.is_published(topics.JOINT_STATES))

    def why_not_deactivate(self) -> str:
        """Halt, and refuse while the hands move."""
        if self._gate.state in (GateState.ARMED, GateState.ACTIVE):
            self._gate.halt(self.now_s(), "deactivated")
        if self._gate.state is GateState.HALTING:
            return "the hands are being lifted; try again when they are up"
        return ""

    def _halt(self) -> str:
        self._gate.halt(self.now_s(), "~/halt was called")
        return ""

    def _subscribe(self, source: str) -> Callable[[], None]:
        return self.listen(topics.controller_command(source), partial(self._on_command, source))

    def _forget(self, source: str) -> None:
        self._held.pop(source, None)
        self.diagnostics.solved(self._request_topic(source))

    def _request_topic(self, source: str) -> str:
        return self.resolve_topic_name(topics.controller_command(source).name)

    def _on_command(self, source: str, message: JointTrajectory) -> None:
        if conversions.from_time(message.header.stamp) > self._stamp_s:
            self._held[source] = message  # until the joint states of that stamp are received
        else:
            self._judge(source, message)

    def _judge(self, source: str, message: JointTrajectory) -> None:
        with self.diagnostics.measure("step"):
            request = conversions.from_trajectory(message)
            result = self._gate.submit(source, request, self.now_s(), time.monotonic())
            if result.target is not None:
                self._publish(result.target, result.times_s, request.stamp_s)
        kind = result.verdict.name.lower() if result.verdict.passed else "rejected"
        self._counts[kind] += 1
        self.diagnostics.count(kind, self._counts[kind])
        if not result.verdict.passed:
            self.get_logger().warning(
                f"{source}: {result.verdict.name}: {result.detail}", throttle_duration_sec=1.0
            )
        self._result = result
        self._report(request.stamp_s)

    def _on_joint_states(self, message: JointState) -> None:
        stamp_s = conversions.from_time(message.header.stamp)
        measured = self.joints_in(message, self._gate.joint_names[:-1])
        if measured is None:
            return
        if stamp_s < self._stamp_s:
            self._commanded_s = -1.0  # the clock was reset
        self._stamp_s = stamp_s
        self._gate.observe(measured, stamp_s, time.monotonic())
        held, self._held = self._held, {}
        for source, command in held.items():
            self._judge(source, command)
        self._command_if_due(stamp_s)

    def _on_key_goal(self, message: KeyGoal) -> None:
        if message.phase == KeyGoal.FINISHED:
            self._gate.rest(self.now_s())

    def _watch(self) -> None:
        # Joint states may be received before the clock of the same instant.
        self._command_if_due(
            max(self.now_s(), self._stamp_s), apart_s=APART * self.config.decision_s
        )
        if self._gate.state is not self._state:
            self._report()

    def _command_if_due(self, now_s: float, apart_s: float = 0.0) -> None:
        """Publish the gate's own command if one is due and the last is at least `apart_s` [s] old.

        The gate is evaluated in any case, to detect silence while the hands' clock stands still.
        """
        now_s = max(now_s, self._commanded_s)  # late joint states do not turn back time
        target = self._gate.due(now_s, time.monotonic())
        since_s = now_s - self._commanded_s
        if target is None or since_s < apart_s:
            return
        if since_s < SAME_S:
            target = self._commanded  # identical, since either of the two may be executed
        self._hold(target, now_s)
        self._commanded, self._commanded_s = target, now_s

    def _hold(self, target: np.ndarray, stamp_s: float) -> None:
        """Publish a command of target (n,) [rad, m] with immediate effect."""
        self._publish(target[None], (0.0,), stamp_s)

    def _publish(self, target: np.ndarray, times_s: Sequence[float], stamp_s: float) -> None:
        for publisher, names, where in self._groups:
            publisher.publish(conversions.to_trajectory(names, target[:, where], times_s, stamp_s))

    def _report(self, stamp_s: float | None = None) -> None:
        now_s = self.now_s() if stamp_s is None else stamp_s
        if self._gate.state is not self._state:
            self._state = self._gate.state
            self._on_new_state(now_s)
        self._status.publish(
            conversions.to_gate_status(
                self._gate, self.config.owner, self._result, self._counts, now_s
            )
        )

    def _on_new_state(self, now_s: float) -> None:
        state, reason = self._gate.state, self._gate.reason
        self.diagnostics.set_status("state", state.name)
        if self._gate.is_alarmed:
            self.diagnostics.problem("gate", f"{state.name}: {reason}")
        else:
            self.get_logger().info(f"{state.name}: {reason}")
            self.diagnostics.solved("gate")
        if state in (GateState.HALTED, GateState.FAULT):
            for controller in (SUSTAIN_CONTROLLER, ALL_NOTES_OFF_CONTROLLER):
                event = MidiEvent(now_s, MidiKind.CONTROL, controller, 0)
                self._midi_out.publish(conversions.to_midi_event(event, 0.0))

    def _check_publishers(self) -> None:
        """Report other publishers of the gate's topics, and duplicate publishers of a source."""
        for publisher, *_ in self._groups:
            rivals = self.publishers_of(publisher.topic_name)
            if self.get_name() in rivals:
                rivals.remove(self.get_name())
            self._report_rivals(publisher.topic_name, rivals)
        for source in self.config.source_names:
            topic = self._request_topic(source)
            self._report_rivals(topic, self.publishers_of(topic)[1:])

    def _report_rivals(self, topic: str, rivals: list[str]) -> None:
        if rivals:
            self.diagnostics.problem(topic, f"also published by {', '.join(rivals)}")
        else:
            self.diagnostics.solved(topic)


def main() -> None:
    """Run the node."""
    run(GateNode)


if __name__ == "__main__":
    main()
