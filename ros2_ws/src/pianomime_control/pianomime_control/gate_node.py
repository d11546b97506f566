"""The command gate as a node: the only publisher to the hands."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

from pianomime.config import parameter
from pianomime.hands.embodiment import EMBODIMENTS, embodiment
from pianomime.hands.hands_model import HandsModel
from pianomime.safety.command_gate import CommandGate, GateConfig, GateResult, GateState, Verdict
from pianomime.simulation.model import CONTROL_DT_S, load_model
from pianomime_common import conversions, topics
from pianomime_common.parameters import declare
from pianomime_common.running import PianoNode, run
from pianomime_common.timing import Timing


@dataclass(frozen=True, kw_only=True)
class GateNodeConfig(GateConfig):
    """The gate's limits, and whose hands it guards."""

    embodiment: str = parameter("pianomime", "How the hands are mounted", one_of=tuple(EMBODIMENTS))
    sources: str = parameter("expert", "Controllers to listen to, separated by commas")


class GateNode(PianoNode):
    """Pass the owner's commands on, group by group; lift the fingers when asked to halt."""

    def __init__(self) -> None:
        """Start passing."""
        super().__init__("gate")
        self._config = declare(self, GateNodeConfig)
        hands = HandsModel.of(load_model(embodiment(self._config.embodiment)))
        self._gate = CommandGate(hands, self._config)
        self._timing = Timing(self)
        self._counts = {"accepted": 0, "clamped": 0, "rejected": 0}
        where = {name: i for i, name in enumerate(self._gate.joint_names)}
        self._groups = []
        for group, names in hands.groups.items():
            publisher = self.advertise(topics.group_command(group))
            self._groups.append((publisher, names, np.array([where[name] for name in names])))
        self._status = self.advertise(topics.GATE_STATUS)
        for source in self._config.sources.split(","):
            self.listen(topics.controller_command(source), partial(self._on_command, source))
        self._hands_seen = False
        self.listen(topics.JOINT_STATES, self._on_joint_states)
        self.create_service(Trigger, "~/halt", self._on_halt)

    def begin_leaving(self) -> None:
        """Lift the fingers before going."""
        self._gate.halt(self._now_s())

    def may_leave(self) -> bool:
        """Stay until the fingers are up, unless there are no hands."""
        lifted = self._gate.state is GateState.HALTED
        return lifted or not self._hands_seen or not self.is_published(topics.JOINT_STATES)

    def _now_s(self) -> float:
        return self.get_clock().now().nanoseconds * 1e-9

    def _on_command(self, source: str, message: JointTrajectory) -> None:
        with self._timing.measure("step"):
            names, position, stamp_s = conversions.from_trajectory(message)
            result = self._gate.submit(source, names, position, stamp_s, self._now_s())
            if result.target is not None:
                self._publish(result.target, stamp_s)
            self._report(source, result, stamp_s)

    def _on_joint_states(self, message: JointState) -> None:
        self._hands_seen = True
        if self._gate.state is GateState.PASSING:
            return
        now_s = conversions.from_time(message.header.stamp)
        measured = conversions.joint_positions(message, self._gate.joint_names[:-1])
        self._publish(self._gate.halt_target(now_s, measured), now_s)

    def _publish(self, target: np.ndarray, stamp_s: float) -> None:
        for publisher, names, where in self._groups:
            publisher.publish(
                conversions.to_trajectory(names, target[where], stamp_s, CONTROL_DT_S)
            )

    def _report(self, source: str, result: GateResult, stamp_s: float) -> None:
        rejected = result.verdict not in (Verdict.ACCEPTED, Verdict.CLAMPED)
        kind = "rejected" if rejected else result.verdict.name.lower()
        self._counts[kind] += 1
        self._timing.count(kind, self._counts[kind])
        if rejected:
            self.get_logger().warning(
                f"{source}: {result.verdict.name}: {result.detail}", throttle_duration_sec=1.0
            )
        self._status.publish(
            conversions.to_gate_status(
                self._gate, self._config.owner, result, self._counts, stamp_s
            )
        )

    def _on_halt(self, _: Trigger.Request, reply: Trigger.Response) -> Trigger.Response:
        self._gate.halt(self._now_s())
        reply.success = True
        return reply


def main() -> None:
    """Run the node."""
    run(GateNode)


if __name__ == "__main__":
    main()
