"""A piece as its file holds it: parts with notes, pedal, instrument and name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pianomime.score.faults import Fault
from pianomime.score.score import Note, PedalEvent

DRUM_CHANNEL: Final = 9
"""Channel of the drums, counted from 0 (General MIDI)."""

N_CHANNELS: Final = 16
"""Channels of a port (MIDI 1.0)."""


@dataclass(frozen=True)
class Part:
    """Notes of one channel of one track.

    Attributes:
        track: Number of the track, from 0.
        channel: Channel, from 0; of further ports from 16, 32 ...
        program: Instrument at the first note, 0 .. 127 (General MIDI).
        name: Name of the track.
        notes: Notes by onset. They may overlap, and their keys may be off the keyboard.
        pedal: Changes of the sustain pedal of this channel on any track.
    """

    track: int
    channel: int
    program: int
    name: str
    notes: tuple[Note, ...]
    pedal: tuple[PedalEvent, ...] = ()

    @property
    def is_drums(self) -> bool:
        """Whether this is a percussion part."""
        return self.channel % N_CHANNELS == DRUM_CHANNEL


@dataclass(frozen=True)
class Song:
    """A piece before it is arranged for two hands.

    Attributes:
        title: Stem of the file's name.
        parts: Parts that have notes, by track then channel.
        faults: Number of faults of each kind in the file.
    """

    title: str
    parts: tuple[Part, ...]
    faults: Mapping[Fault, int] = field(default_factory=dict)


def common_pedal(parts: Iterable[Part]) -> list[PedalEvent]:
    """Return the changes of one pedal that is down where the pedal of any part is."""
    of_channel = {part.channel: part.pedal for part in parts}
    changes = sorted(
        (event.time_s, channel, event.down)
        for channel, events in of_channel.items()
        for event in events
    )
    down: set[int] = set()
    common: list[PedalEvent] = []
    for time_s, channel, is_down in changes:
        was_down = bool(down)
        down = down | {channel} if is_down else down - {channel}
        if bool(down) != was_down:
            common.append(PedalEvent(time_s, bool(down)))
    return common
