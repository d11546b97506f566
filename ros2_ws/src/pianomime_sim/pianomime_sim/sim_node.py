"""Simulation node, with the interface of a driver of real hands and a keyboard."""

import time
from functools import partial
from pathlib import Path
from typing import Any, Final

from rclpy.logging import get_logging_directory
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock as ClockMessage
from std_srvs.srv import SetBool, Trigger
from trajectory_msgs.msg import JointTrajectory

from pianomime.errors import OutputError
from pianomime.hands.embodiment import embodiment
from pianomime.simulation.flight_recorder import FlightRecorder
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import (
    MidiEvent,
    PianoSimulation,
    SimulationDivergedError,
)
from pianomime_common import conversions, topics
from pianomime_common.clock import START_S
from pianomime_common.domain import DomainClaim
from pianomime_common.piano_node import PianoNode
from pianomime_common.running import run
from pianomime_msgs.srv import StepSimulation
from pianomime_sim.command_buffer import CommandBuffer
from pianomime_sim.sim_config import SimConfig

REPEAT_S: Final = 0.2
"""Period at which a waiting simulation repeats its state, for late joiners [s]."""

PACE_S: Final = 0.005
"""Period of the check whether a step is due under `max_real_time_factor` [s]."""


class SimNode(PianoNode):
    """Simulation node; steps in lock-step with the commands, or in real time."""

    def __init__(self, **options: Any) -> None:
        """Claim the simulation of the namespace; `options` are passed to rclpy's node.

        Raises:
            DomainInUseError: The namespace has a simulation already.
        """
        super().__init__("sim", SimConfig, **options)
        # Its diagnostics and logs use the simulated time that it publishes.
        self.set_parameters([Parameter("use_sim_time", value=True)])
        self._claim = DomainClaim(
            "sim", self.resolve_topic_name(topics.CLOCK.name).rpartition("/")[0]
        )

    def configure(self) -> None:
        """Load the model and advertise."""
        timing = self.config.timing
        self._simulation = PianoSimulation(load_model(embodiment(self.config.embodiment)), timing)
        self._first_command = topics.group_commands(self._simulation.hands.spec)[0]
        self._flight = FlightRecorder(self._simulation.hands.spec, timing)
        self._paused = self.config.paused
        self._joint_states = self.advertise(topics.JOINT_STATES)
        self._piano_state = self.advertise(topics.PIANO_STATE)
        self._midi_out = self.advertise(topics.MIDI_OUT)
        self._clock_out = self.advertise(topics.CLOCK)

    def activate(self) -> None:
        """Subscribe to commands; the simulation continues from its current state."""
        hands = self._simulation.hands
        self._buffer = CommandBuffer(hands.joint_names, hands.groups, self.config.timing)
        self._moved_s = time.monotonic()  # time of the last step
        self._steps = self._overruns = 0
        self._broken = ""  # reason of a divergence, until ~/reset_world
        for group in hands.groups:
            self.listen(topics.group_command(group), partial(self._on_command, group))
        self.serve(SetBool, "~/set_pause", self._set_pause)
        self.serve(Trigger, "~/reset_world", self._reset_world)
        self.serve(StepSimulation, "~/step_simulation", self._step_simulation)
        self.every(REPEAT_S, self._repeat_state)
        self._due_s = 0.0  # when the next step may be taken
        if self.config.real_time:
            self.every(self.config.decision_s, self._on_deadline)
        elif self.config.max_real_time_factor:
            self.every(PACE_S, self._step_if_due)

    def may_leave(self) -> bool:
        """Stay while the gate publishes commands, because it is lifting the hands."""
        return not self.is_published(self._first_command)

    @property
    def _now_s(self) -> float:
        return START_S + self._simulation.time_s

    def _on_command(self, group: str, message: JointTrajectory) -> None:
        unfit = self._buffer.take(group, conversions.from_trajectory(message))
        if unfit is not None:
            self.get_logger().warning(
                f"{group}: command ignored, {unfit.verdict.name}: {unfit.detail}",
                throttle_duration_sec=1.0,
            )
        if self._commanded_now():
            self.diagnostics.add("command age", time.monotonic() - self._moved_s)
            self._step_if_commanded()

    def _step_if_commanded(self) -> None:
        """Step in lock-step mode, unless paused or ahead of the maximum real-time factor."""
        if self.config.real_time or self._paused or time.monotonic() < self._due_s:
            return
        if self.config.max_real_time_factor:
            # Relative to the due time, so that the mean rate is exact unless it has fallen behind.
            period_s = self.config.decision_s / self.config.max_real_time_factor
            self._due_s = max(self._due_s + period_s, time.monotonic())
        self._step()

    def _step_if_due(self) -> None:
        if self._commanded_now():
            self._step_if_commanded()

    def _commanded_now(self) -> bool:
        stamp_s = self._buffer.stamp_of_all()
        return stamp_s is not None and abs(stamp_s - self._now_s) < 0.5 * self.config.decision_s

    def _on_deadline(self) -> None:
        """Step in real time with the newest command, from the first command on."""
        started = self._steps > 0 or self._buffer.stamp_of_all() is not None
        if self._paused or not started:
            return
        if not self._commanded_now():
            self._overruns += 1
            self.diagnostics.count("overruns", self._overruns)
        self._step()

    def _step(self) -> None:
        if self._broken:
            return
        with self.diagnostics.measure("step"):
            command = self._buffer.command()
            self._flight.record(self._simulation, command)
            try:
                events = self._simulation.step(command)
            except SimulationDivergedError as error:
                self._break_down(str(error))
                return
        self._steps += 1
        self._publish(events)

    def _break_down(self, why: str) -> None:
        """Write the flight recorder's dump and stop the clock, so that no node uses the state."""
        self._broken = why
        folder = Path(self.config.dump_dir or get_logging_directory())
        path = folder / f"diverged-{time.strftime('%Y%m%d-%H%M%S')}.npz"
        try:
            self._flight.write(path)
            why = f"{why}; the steps before it are in {path}"
        except OutputError as error:
            why = f"{why}; {error}"
        self.diagnostics.problem("physics", f"{why}; call ~/reset_world")

    def _publish(self, events: list[MidiEvent]) -> None:
        """Publish the state before the clock, so that timers of other nodes find the state."""
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
        if not self._broken and time.monotonic() - self._moved_s > REPEAT_S:
            self._publish([])

    def _set_pause(self, request: SetBool.Request) -> str:
        self._paused = request.data
        self.diagnostics.set_status("paused", str(self._paused))
        self._step_if_due()
        return ""

    def _reset_world(self) -> str:
        self._simulation.reset()
        self._buffer.clear()
        self._broken = ""
        self.diagnostics.solved("physics")
        self._publish([])
        return ""

    def _step_simulation(self, request: StepSimulation.Request) -> str:
        if not self._paused:
            return "the simulation runs; pause it first"
        if request.steps < 1:
            return f"steps = {request.steps}; must be at least 1"
        for _ in range(request.steps):
            self._step()
        return self._broken


def main() -> None:
    """Run the node."""
    run(SimNode)


if __name__ == "__main__":
    main()
