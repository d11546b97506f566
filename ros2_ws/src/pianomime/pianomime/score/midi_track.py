"""Events of one MIDI track: notes, controllers, programs, tempo and names, read tolerantly."""

from typing import Final, NamedTuple

from pianomime.score.faults import Fault, Faults
from pianomime.score.midi_controllers import (
    ALL_NOTES_OFF_CONTROLLER,
    ALL_SOUND_OFF_CONTROLLER,
    RESET_CONTROLLER,
    SUSTAIN_CONTROLLER,
)

NOTE_OFF: Final = 0x80
NOTE_ON: Final = 0x90
CONTROLLER: Final = 0xB0
PROGRAM: Final = 0xC0
META: Final = 0xFF

TRACK_NAME: Final = 0x03
PORT: Final = 0x21
END_OF_TRACK: Final = 0x2F
TEMPO: Final = 0x51

NOTES_END: Final = frozenset((ALL_SOUND_OFF_CONTROLLER, *range(ALL_NOTES_OFF_CONTROLLER, 128)))
"""Controllers that end all notes of a channel; 124 to 127 change its mode (MIDI 1.0)."""

CONTROLLERS: Final = frozenset((SUSTAIN_CONTROLLER, RESET_CONTROLLER, *NOTES_END))
"""Controllers that matter to a piano."""

_KEPT: Final = frozenset((NOTE_OFF, NOTE_ON, PROGRAM))
_ONE_DATA_BYTE: Final = frozenset((PROGRAM, 0xD0))
_SYSTEM_DATA_BYTES: Final = {0xF1: 1, 0xF2: 2, 0xF3: 1}
_SYSEX: Final = (0xF0, 0xF7)
_SYSEX_END: Final = b"\xf7"
_LAST_DELTA: Final = 0x0FFFFFFF
"""Longest time between two events in ticks (Standard MIDI Files 1.0)."""

_BYTE: Final = (0, 255)
_META_RANGES: Final[dict[int, tuple[tuple[int, int], ...]]] = {
    0x00: (_BYTE, _BYTE),
    0x20: ((0, 15),),
    PORT: ((0, 127),),
    END_OF_TRACK: (),
    TEMPO: (_BYTE, _BYTE, _BYTE),
    0x54: (_BYTE, (0, 59), (0, 59), (0, 29), (0, 99)),
    0x58: ((1, 255), (0, 7), _BYTE, _BYTE),
}
"""Legal range of each byte, for the meta events that have a fixed length."""

_KEY_SIGNATURE: Final = 0x59
_SHARPS: Final = frozenset(n % 256 for n in range(-7, 8))


class Event(NamedTuple):
    """One event of a track.

    Attributes:
        tick: Time from the start of the track.
        status: Status byte.
        number: First data byte, or type of a meta event.
        value: Second data byte.
        text: Bytes of a meta event.
    """

    tick: int
    status: int
    number: int = 0
    value: int = 0
    text: bytes = b""


def read_track(data: bytes, faults: Faults) -> list[Event]:
    """Read the events of a track up to its end, which is the last event of the list.

    Only notes, programs, meta events, and the controllers `CONTROLLERS` are returned.
    """
    reader = _Reader(data, faults)
    events: list[Event] = []
    try:
        while reader.at < len(data):
            event = reader.event()
            if event is None:
                continue
            events.append(event)
            if event.status == META and event.number == END_OF_TRACK:
                return events
    except IndexError:  # the track ends within an event
        faults[Fault.CUT_OFF] += 1
    if data:
        faults[Fault.NO_END] += 1
    return [*events, Event(reader.tick, META, END_OF_TRACK)]


class _Reader:
    """Position in a track's bytes; reading beyond them raises IndexError.

    A running status is kept across meta events and system messages, as many programs write it.
    """

    def __init__(self, data: bytes, faults: Faults) -> None:
        self.at, self.tick = 0, 0
        self._data, self._faults = data, faults
        self._status = 0

    def event(self) -> Event | None:
        """Read one event; None if it is not needed or faulty."""
        delta = self._number()
        if delta > _LAST_DELTA:  # programs write negative times so
            self._faults[Fault.DELTA] += 1
            delta = 0
        self.tick += delta
        status = self._data[self.at]
        if status < 0x80 and not self._status:
            self._skip_stray()
            status = self._data[self.at]
        if status < 0x80:
            return self._channel_event(self._status)
        self.at += 1
        if status < 0xF0:
            self._status = status
            return self._channel_event(status)
        if status == META:
            return self._meta_event()
        self._skip_system(status)
        return None

    def _number(self) -> int:
        """Read a variable-length quantity."""
        number = 0
        while True:
            byte = self._data[self.at]
            self.at += 1
            if byte < 0x80:
                return number << 7 | byte
            number = min(number << 7 | byte & 0x7F, _LAST_DELTA + 1)

    def _channel_event(self, status: int) -> Event | None:
        kind = status & 0xF0
        number = self._data[self.at]
        self.at += 1
        value = 0
        if kind not in _ONE_DATA_BYTE:
            value = self._data[self.at]
            self.at += 1
        if number > 127 or value > 127:
            self._faults[Fault.DATA] += 1
            if number > 127 or kind not in (NOTE_ON, NOTE_OFF):
                return None
            value = 127
        if kind in _KEPT or (kind == CONTROLLER and number in CONTROLLERS):
            return Event(self.tick, status, number, value)
        return None

    def _meta_event(self) -> Event | None:
        number = self._data[self.at]
        self.at += 1
        length = self._number()
        if length > len(self._data) - self.at:
            self._faults[Fault.META] += 1
            return None
        text = self._data[self.at : self.at + length]
        self.at += length
        if not _is_valid(number, text):
            self._faults[Fault.META] += 1
            if number != END_OF_TRACK:
                return None
        return Event(self.tick, META, number, text=text)

    def _skip_system(self, status: int) -> None:
        """Skip a system message; only system exclusive messages are legal in a file."""
        if status not in _SYSEX:
            self._faults[Fault.SYSTEM] += 1
            self.at += _SYSTEM_DATA_BYTES.get(status, 0)
            return
        begin = self.at
        length = self._number()
        if length <= len(self._data) - self.at:
            self.at += length
            return
        self._faults[Fault.SYSTEM] += 1
        end = self._data.find(_SYSEX_END, begin)
        if end >= 0:
            self.at = end + 1

    def _skip_stray(self) -> None:
        """Skip data bytes without a status."""
        begin = self.at
        while self.at < len(self._data) and self._data[self.at] < 0x80:
            self.at += 1
        self._faults[Fault.STRAY] += self.at - begin


def _is_valid(number: int, text: bytes) -> bool:
    """Return whether a meta event has its type's length and values."""
    if number == _KEY_SIGNATURE:
        return len(text) == 2 and text[0] in _SHARPS and text[1] <= 1
    if number == TEMPO and not any(text):
        return False
    if number not in _META_RANGES or (number == 0 and not text):
        return True
    ranges = _META_RANGES[number]
    return len(text) == len(ranges) and all(
        low <= byte <= high for byte, (low, high) in zip(text, ranges, strict=True)
    )
