"""MIDI as bytes on a wire, both ways."""

import mido

from pianomime.simulation.simulation import MidiEvent, MidiKind


class MidiReader:
    """Makes messages of bytes; a message may leave out a status byte that is still running."""

    def __init__(self) -> None:
        """Start with no status."""
        self._parser = mido.Parser()
        self._status = 0
        self._missing = 0  # data bytes of the message that is being read

    def feed(self, data: bytes) -> list[mido.Message]:
        """Return the messages that are complete now."""
        for byte in data:
            if byte >= 0xF8:  # real time messages may come anywhere and change nothing
                continue
            if byte >= 0x80:
                self._status = byte if byte < 0xF0 else 0  # system messages end a running status
                self._missing = _data_bytes(byte)
            elif self._missing:
                self._missing -= 1
            elif self._status:
                self._parser.feed_byte(self._status)
                self._missing = _data_bytes(self._status) - 1
            self._parser.feed_byte(byte)
        return list(self._parser)


class MidiWriter:
    """Makes bytes of events as keyboards do: the status is left out while it stays the same."""

    def __init__(self) -> None:
        """Start with no status."""
        self._status = 0

    def write(self, event: MidiEvent) -> bytes:
        """Return the bytes of an event on channel 0; a note ends by a velocity of 0."""
        status = 0xB0 if event.kind is MidiKind.CONTROL else 0x90
        value = 0 if event.kind is MidiKind.NOTE_OFF else event.value
        data = bytes((event.number, value))
        if status == self._status:
            return data
        self._status = status
        return bytes((status,)) + data


def _data_bytes(status: int) -> int:
    """Return how many data bytes follow a status; system exclusive ends by a status, not here."""
    return 1 if status >> 4 in (0xC, 0xD) else 2 if status < 0xF0 else 0
