"""Notes and pedal of MIDI tracks that are played together."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from pianomime.piano.geometry import LOWEST_PITCH
from pianomime.score import midi_track
from pianomime.score.faults import Fault, Faults
from pianomime.score.midi_chunks import Chunks
from pianomime.score.midi_controllers import PEDAL_DOWN, SUSTAIN_CONTROLLER
from pianomime.score.midi_notes import NotePairing, TickNote, Voice
from pianomime.score.midi_track import Event
from pianomime.score.score import Note, PedalEvent
from pianomime.score.song import N_CHANNELS
from pianomime.score.tempo_map import TempoMap

SHORTEST_S: Final = 0.0625
"""Duration of a note that has none in the file: a 32nd at 120 beats a minute [s]."""


class PartNote(NamedTuple):
    """A note and where it stands in the file; its key may be off the keyboard."""

    track: int
    channel: int
    program: int
    note: Note


class PedalChange(NamedTuple):
    """Position of the sustain pedal of a channel from a time on."""

    channel: int
    event: PedalEvent


class MidiSequence:
    """Tracks that share a tempo and their channels.

    Attributes:
        notes: Notes by onset.
        pedal: Pedal controllers by time; equal positions may follow each other.
        end_s: End of the longest track [s].
    """

    def __init__(
        self, tracks: Mapping[int, Sequence[Event]], chunks: Chunks, begin_s: float, faults: Faults
    ) -> None:
        """Play the tracks, keyed by number, from `begin_s` on."""
        events = sorted(
            ((event, number) for number, track in tracks.items() for event in track),
            key=lambda placed: placed[0].tick,
        )
        self._tempo = TempoMap(chunks, _tempo_changes(events))
        self._begin_s = begin_s
        self._faults = faults
        self._pairing = NotePairing(faults)
        self.pedal: list[PedalChange] = []
        self._play(events)
        ends = {number: track[-1].tick for number, track in tracks.items()}
        self.notes = [self._note(note) for note in self._pairing.finish(ends)]
        self.end_s = self._time_s(max(ends.values(), default=0))

    def _play(self, events: Sequence[tuple[Event, int]]) -> None:
        port: dict[int, int] = defaultdict(int)
        program: dict[int, int] = defaultdict(int)
        for event, track in events:
            tick, status, number, value, text = event
            if status == midi_track.META:
                if number == midi_track.PORT:
                    port[track] = text[0]
                continue
            kind, channel = status & 0xF0, (status & 0x0F) + N_CHANNELS * port[track]
            if kind == midi_track.PROGRAM:
                program[channel] = number
            elif kind == midi_track.CONTROLLER:
                self._control(tick, channel, number, value)
            elif kind == midi_track.NOTE_ON and value:
                voice = Voice(track, channel, number)
                self._pairing.note_on(tick, voice, value, program[channel])
            else:
                self._pairing.note_off(tick, Voice(track, channel, number))

    def _control(self, tick: int, channel: int, number: int, value: int) -> None:
        if number in midi_track.NOTES_END:
            self._pairing.all_off(tick, channel)
        else:
            down = number == SUSTAIN_CONTROLLER and value >= PEDAL_DOWN
            self.pedal.append(PedalChange(channel, PedalEvent(self._time_s(tick), down)))

    def _note(self, note: TickNote) -> PartNote:
        onset_s, offset_s = self._time_s(note.begin), self._time_s(note.end or note.begin)
        if offset_s <= onset_s:
            self._faults[Fault.ZERO_LENGTH] += 1
            offset_s = onset_s + SHORTEST_S
        voice = note.voice
        played = Note(onset_s, offset_s, voice.pitch - LOWEST_PITCH, note.velocity)
        return PartNote(voice.track, voice.channel, note.program, played)

    def _time_s(self, tick: int) -> float:
        return self._begin_s + self._tempo.time_s(tick)


def _tempo_changes(events: Sequence[tuple[Event, int]]) -> Iterator[tuple[int, int]]:
    for event, _ in events:
        if event.status == midi_track.META and event.number == midi_track.TEMPO:
            yield event.tick, int.from_bytes(event.text)
