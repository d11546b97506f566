"""Emulator node: hands and keyboard behind the interfaces of Shadow's driver, a rail and MIDI."""

from functools import partial

import numpy as np
from std_msgs.msg import Float64
from std_srvs.srv import SetBool
from trajectory_msgs.msg import JointTrajectory as TrajectoryMessage

from pianomime.errors import OutputError
from pianomime.hands.embodiment import embodiment
from pianomime.hardware.emulated_hands import EmulatedHands
from pianomime.hardware.emulated_link import EmulatedLink
from pianomime.hardware.grid import Grid
from pianomime.hardware.joint_trajectory import JointTrajectory
from pianomime.safety.checks import check_finite, check_points
from pianomime.score.midi_controllers import PEDAL_DOWN, SUSTAIN_CONTROLLER
from pianomime.simulation.simulation import MidiEvent
from pianomime_common import conversions
from pianomime_common.piano_node import PianoNode
from pianomime_common.running import run
from pianomime_hardware import driver_topics
from pianomime_hardware.hardware_config import RAIL_CONTROLLER, EmulatorConfig
from pianomime_hardware.keyboard_cable import KeyboardCable

POLL_S = 0.005

LONGEST_S = 10.0
"""Maximum duration of trajectories accepted by the emulated controllers [s]."""


class EmulatorNode(PianoNode):
    """Emulated hands and keyboard that run in real time, independently of incoming commands.

    `~/drop_link` disconnects and reconnects hands and keyboard.
    """

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__("emulator", EmulatorConfig)
        self._cable: KeyboardCable | None = None

    def configure(self) -> None:
        """Load the hands, and open the keyboard's TCP port."""
        config = self.config
        self._hands = EmulatedHands(embodiment(config.embodiment))
        self._spec = self._hands.hands.spec
        self._cable = KeyboardCable(config.midi_port)
        self._states_out = self.advertise(driver_topics.joint_states(config.driver))

    def activate(self) -> None:
        """Start the emulation."""
        config = self.config
        assert self._cable is not None
        self._cable.plug()
        self._commands = EmulatedLink[JointTrajectory](config, 1)
        self._states = EmulatedLink[tuple[float, np.ndarray, np.ndarray]](config, 2)
        self._notes = EmulatedLink[MidiEvent](config, 3)
        self._grid = Grid(1 / self._spec.driver.state_rate_hz)
        self._unknown = 0
        controllers = driver_topics.trajectory_controllers(self._spec, RAIL_CONTROLLER)
        rail_only = config.interface == "position"
        for controller in dict.fromkeys(controllers.values()):
            if rail_only and controller != RAIL_CONTROLLER:
                continue
            self.listen(driver_topics.trajectory(config.driver, controller), self._on_trajectory)
        if config.interface == "position":
            joints = self._hands.hands.position_controllers
            for controller, names in joints.items():
                topic = driver_topics.position(config.driver, controller)
                self.listen(topic, partial(self._on_position, names))
        self.serve(SetBool, "~/drop_link", self._drop_link)
        self.every(POLL_S, self._tick)

    def release(self) -> None:
        """Close the TCP port."""
        if self._cable is not None:
            self._cable.unplug()
            self._cable = None

    def _on_trajectory(self, message: TrajectoryMessage) -> None:
        request = conversions.from_trajectory(message)
        if check_points(request, LONGEST_S) or check_finite(request):
            return
        positions, times_s = np.array(request.positions), tuple(request.times_s)
        goal = JointTrajectory(tuple(request.names), positions, times_s)
        self._commands.send(goal, self.now_s())

    def _on_position(self, names: tuple[str, ...], message: Float64) -> None:
        """Distribute a coupled target equally between its joints, as the tendon does."""
        if not np.isfinite(message.data):
            return
        share = np.full((1, len(names)), message.data / len(names))
        self._commands.send(JointTrajectory(names, share, (0.0,)), self.now_s())

    def _tick(self) -> None:
        now_s = self.now_s()
        for goal in self._commands.receive(now_s):
            try:
                self._hands.move(goal)
            except KeyError as error:
                self._unknown += 1
                self.diagnostics.count("unknown joints", self._unknown)
                self.get_logger().warning(f"no joint {error}", throttle_duration_sec=1.0)
        assert self._cable is not None
        for message in self._cable.look():
            if message.type == "control_change" and message.control == SUSTAIN_CONTROLLER:
                self._hands.press_pedal(message.value >= PEDAL_DOWN)
        for event in self._hands.advance(now_s):
            self._notes.send(event, now_s)
        for event in self._notes.receive(now_s):
            self._cable.send(event)
        stamp_s = self._grid.tick(now_s)
        if stamp_s is not None:
            state = (stamp_s, self._hands.joint_position, self._hands.joint_velocity)
            self._states.send(state, now_s)
        for stamp_s, position, velocity in self._states.receive(now_s):
            self._states_out.publish(
                conversions.to_joint_state(self._hands.joint_names, position, velocity, stamp_s)
            )

    def _drop_link(self, request: SetBool.Request) -> str:
        assert self._cable is not None
        if request.data:
            self._cable.unplug()
        else:
            try:
                self._cable.plug()
            except OutputError as error:
                return str(error)
        for link in (self._commands, self._states, self._notes):
            link.is_up = not request.data
        return ""


def main() -> None:
    """Run the node."""
    run(EmulatorNode)


if __name__ == "__main__":
    main()
