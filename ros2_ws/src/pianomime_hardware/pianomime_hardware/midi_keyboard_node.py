"""MIDI keyboard node: a real or emulated keyboard as the piano of the graph."""

import time

import mido
import numpy as np
from trajectory_msgs.msg import JointTrajectory

from pianomime.hands.hands_model import PEDAL_DOWN_ABOVE, PEDAL_GROUP
from pianomime.hardware.grid import Grid
from pianomime.hardware.keyboard_state import KeyboardState
from pianomime.hardware.midi_port import MidiPort, PortError, open_port
from pianomime.piano.geometry import N_KEYS
from pianomime.score.midi_controllers import SUSTAIN_CONTROLLER
from pianomime_common import conversions, topics
from pianomime_common.piano_node import PianoNode
from pianomime_common.running import run
from pianomime_hardware.hardware_config import MidiKeyboardConfig

POLL_S = 0.005


class MidiKeyboardNode(PianoNode):
    """Node that publishes key states on the shared time grid, and MIDI events as received.

    The keyboard may be disconnected and reconnected at any time. While it is disconnected, nothing
    is published, so that the goals stop.
    """

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__("midi_keyboard", MidiKeyboardConfig)

    def configure(self) -> None:
        """Advertise."""
        self._piano_state = self.advertise(topics.PIANO_STATE)
        self._midi_out = self.advertise(topics.MIDI_OUT)

    def activate(self) -> None:
        """Connect to the keyboard."""
        self._grid = Grid(self.config.decision_s)
        self._port: MidiPort | None = None
        self._retry_s = 0.0
        self._pedal: bool | None = None  # last state sent
        self._due: list[tuple[float, bool]] = []  # (time [s], state) of pedal changes to send
        self.listen(topics.group_command(PEDAL_GROUP), self._on_pedal)
        self.every(POLL_S, self._tick)

    def deactivate(self) -> None:
        """Disconnect the keyboard."""
        if self._port is not None:
            self._port.close()

    def _tick(self) -> None:
        if self._port is None:
            self._connect()
            return
        now_s = self.now_s()
        self._press_pedal(now_s)
        if self._port is None:
            return
        try:
            messages = self._port.receive()
        except PortError as error:
            self._lose(error)
            return
        moved_s = now_s - self.config.latency_s  # time of the movements received now
        stamp_s = self._grid.tick(moved_s)
        if stamp_s is not None:
            self._publish(stamp_s)
        for message in messages:
            event = self._keyboard.update(message, moved_s)
            if event is not None:
                self._midi_out.publish(conversions.to_midi_event(event, 0.0))

    def _publish(self, stamp_s: float) -> None:
        active = self._keyboard.active
        self._piano_state.publish(
            conversions.to_piano_state(
                active.astype(float),
                active,
                np.full(N_KEYS, np.nan),
                self._keyboard.sustain,
                stamp_s,
            )
        )

    def _connect(self) -> None:
        if time.monotonic() < self._retry_s:
            return
        try:
            self._port = open_port(self.config.port)
        except PortError as error:
            self._lose(error)
            return
        self._keyboard = KeyboardState()  # the keys held before are unknown
        self._pedal = None
        self.diagnostics.solved("keyboard")
        self.get_logger().info(f"{self.config.port}: connected")

    def _lose(self, error: PortError) -> None:
        if self._port is not None:
            self._port.close()
        self._port = None
        self._retry_s = time.monotonic() + self.config.retry_s
        self.diagnostics.problem("keyboard", str(error))

    def _on_pedal(self, message: JointTrajectory) -> None:
        request, now_s = conversions.from_trajectory(message), self.now_s()
        self._due = [
            (now_s + time_s, bool(len(position) and position[0] > PEDAL_DOWN_ABOVE))
            for time_s, position in zip(request.times_s, request.positions, strict=True)
        ]
        self._press_pedal(now_s)

    def _press_pedal(self, now_s: float) -> None:
        """Send the pedal changes that are due."""
        due = [down for due_s, down in self._due if due_s <= now_s]
        self._due = self._due[len(due) :]
        if due:
            self._send_pedal(due[-1])

    def _send_pedal(self, down: bool) -> None:
        if self._port is None or down == self._pedal:
            return
        self._pedal = down
        try:
            self._port.send(
                mido.Message("control_change", control=SUSTAIN_CONTROLLER, value=127 * down)
            )
        except PortError as error:
            self._lose(error)


def main() -> None:
    """Run the node."""
    run(MidiKeyboardNode)


if __name__ == "__main__":
    main()
