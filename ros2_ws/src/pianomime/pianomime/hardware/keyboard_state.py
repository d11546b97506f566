"""Which keys of a MIDI keyboard are down."""

import mido
import numpy as np

from pianomime.piano.geometry import LOWEST_PITCH, N_KEYS
from pianomime.score.midi_controllers import (
    ALL_NOTES_OFF_CONTROLLER,
    PEDAL_DOWN,
    SUSTAIN_CONTROLLER,
)
from pianomime.simulation.simulation import MidiEvent, MidiKind


class KeyboardState:
    """Follows a keyboard's messages.

    Attributes:
        active: (88,) keys that are down.
        sustain: Whether the pedal is.
    """

    def __init__(self) -> None:
        """Start with all keys and the pedal up."""
        self.active = np.zeros(N_KEYS, bool)
        self.sustain = False

    def update(self, message: mido.Message, time_s: float) -> MidiEvent | None:
        """Take a message that came at a time [s]; returns what it means to a piano, if anything."""
        if message.type in ("note_on", "note_off"):
            key = message.note - LOWEST_PITCH
            if not 0 <= key < N_KEYS:
                return None
            down = message.type == "note_on" and message.velocity > 0
            self.active[key] = down
            kind = MidiKind.NOTE_ON if down else MidiKind.NOTE_OFF
            return MidiEvent(time_s, kind, message.note, message.velocity if down else 0)
        if message.type == "control_change":
            if message.control == SUSTAIN_CONTROLLER:
                self.sustain = message.value >= PEDAL_DOWN
            elif message.control == ALL_NOTES_OFF_CONTROLLER:
                self.active[:] = False
            else:
                return None
            return MidiEvent(time_s, MidiKind.CONTROL, message.control, message.value)
        return None
