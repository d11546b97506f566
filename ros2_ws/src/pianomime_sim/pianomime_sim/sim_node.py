"""The simulation as a node: it takes what a driver of real hands takes, and gives what it gives."""

import time
from functools import partial
from typing import Final

from rclpy.clock import Clock, ClockType
from rosgraph_msgs.msg import Clock as ClockMessage
from std_srvs.srv import SetBool, Trigger
from trajectory_msgs.msg import JointTrajectory

from pianomime.hands.embodiment import embodiment
from pianomime.hands.hands_model import PEDAL
from pianomime.simulation.model import CONTROL_DT_S, load_model
from pianomime.simulation.simulation import MidiEvent, PianoSimulation
from pianomime_common import conversions, topics
from pianomime_common.clock import START_S
from pianomime_common.domain import DomainClaim
from pianomime_common.parameters import declare
from pianomime_common.running import PianoNode, run
from pianomime_common.timing import Timing
from pianomime_msgs.srv import StepSimulation
from pianomime_sim.command_buffer import CommandBuffer
from pianomime_sim.sim_config import SimConfig

REPEAT_S: Final = 0.2
"""A simulation that waits says so again this often, for nodes that have come late."""


class SimNode(PianoNode):
    """Step the simulation in lock-step with the commands, or by the wall clock."""

    def __init__(self) -> None:
        """Load the model and wait, at time 0, for the first command."""
        super().__init__("sim")
        self._claim = DomainClaim("sim")
        self._config = declare(self, SimConfig)
        self._simulation = PianoSimulation(load_model(embodiment(self._config.embodiment)))
        hands = self._simulation.hands
        self._buffer = CommandBuffer((*hands.joint_names, PEDAL), hands.groups)
        self._paused = self._config.paused
        self._moved_s = time.monotonic()  # when the simulation last stepped
        self._steps = self._overruns = 0
        self._timing = Timing(self)

        self._joint_states = self.advertise(topics.JOINT_STATES)
        self._piano_state = self.advertise(topics.PIANO_STATE)
        self._midi_out = self.advertise(topics.MIDI_OUT)
        self._clock_out = self.advertise(topics.CLOCK)
        for group in hands.groups:
            self.listen(topics.group_command(group), partial(self._on_command, group))
        self.create_service(SetBool, "~/set_pause", self._on_set_pause)
        self.create_service(Trigger, "~/reset_world", self._on_reset_world)
        self.create_service(StepSimulation, "~/step_simulation", self._on_step_simulation)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(REPEAT_S, self._repeat_state, clock=steady)
        if self._config.real_time:
            self.create_timer(CONTROL_DT_S, self._on_deadline, clock=steady)

    def may_leave(self) -> bool:
        """Stay while the gate commands: it is lifting the fingers."""
        return not self.is_published(topics.group_command(topics.COMMAND_GROUPS[0]))

    @property
    def _now_s(self) -> float:
        return START_S + self._simulation.time_s

    def _on_command(self, group: str, message: JointTrajectory) -> None:
        names, position, stamp_s = conversions.from_trajectory(message)
        if not self._buffer.take(group, names, position, stamp_s):
            wanted = ", ".join(self._simulation.hands.groups[group])
            self.get_logger().warning(
                f"{group}: command for {', '.join(names)} ignored; it drives {wanted}",
                throttle_duration_sec=1.0,
            )
        if self._commanded_now():
            self._timing.add("command age", time.monotonic() - self._moved_s)
            self._step_if_commanded()

    def _step_if_commanded(self) -> None:
        """Step, in lock-step mode and unless paused."""
        if not (self._config.real_time or self._paused):
            self._step()

    def _commanded_now(self) -> bool:
        stamp_s = self._buffer.stamp_of_all()
        return stamp_s is not None and abs(stamp_s - self._now_s) < 0.5 * CONTROL_DT_S

    def _on_deadline(self) -> None:
        """Step by the wall clock, from the first command on, with the newest command there is."""
        started = self._steps > 0 or self._buffer.stamp_of_all() is not None
        if self._paused or not started:
            return
        if not self._commanded_now():
            self._overruns += 1
            self._timing.count("overruns", self._overruns)
        self._step()

    def _step(self) -> None:
        with self._timing.measure("step"):
            target = self._buffer.target
            events = self._simulation.step(target[:-1], sustain=bool(target[-1] > 0.5))
        self._steps += 1
        self._publish(events)

    def _publish(self, events: list[MidiEvent]) -> None:
        """Publish the state, and then its clock, so that whoever the clock wakes has the state."""
        simulation, now_s = self._simulation, self._now_s
        for event in events:
            self._midi_out.publish(conversions.to_midi_event(event, START_S))
        self._joint_states.publish(
            conversions.to_joint_state(
                simulation.hands.joint_names,
                simulation.joint_position,
                simulation.joint_velocity,
                now_s,
            )
        )
        self._piano_state.publish(
            conversions.to_piano_state(
                simulation.key_position,
                simulation.active,
                simulation.key_velocity,
                simulation.sustain,
                now_s,
            )
        )
        self._clock_out.publish(ClockMessage(clock=conversions.to_time(now_s)))
        self._moved_s = time.monotonic()

    def _repeat_state(self) -> None:
        if time.monotonic() - self._moved_s > REPEAT_S:
            self._publish([])

    def _on_set_pause(self, request: SetBool.Request, reply: SetBool.Response) -> SetBool.Response:
        self._paused = request.data
        if self._commanded_now():
            self._step_if_commanded()
        reply.success = True
        return reply

    def _on_reset_world(self, _: Trigger.Request, reply: Trigger.Response) -> Trigger.Response:
        self._simulation.reset()
        self._publish([])
        reply.success = True
        return reply

    def _on_step_simulation(
        self, request: StepSimulation.Request, reply: StepSimulation.Response
    ) -> StepSimulation.Response:
        if not self._paused:
            reply.message = "the simulation runs; pause it first"
        elif request.steps < 1:
            reply.message = f"steps = {request.steps}; must be at least 1"
        else:
            for _ in range(request.steps):
                self._step()
            reply.success = True
        return reply


def main() -> None:
    """Run the node."""
    run(SimNode)


if __name__ == "__main__":
    main()
