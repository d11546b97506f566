"""Pairing of note-ons with note-offs."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pianomime.score.faults import Fault, Faults


class Voice(NamedTuple):
    """Notes of one pitch in one channel of one track."""

    track: int
    channel: int
    pitch: int


@dataclass(slots=True)
class TickNote:
    """A note in ticks; `end` is None until its note-off is found."""

    voice: Voice
    begin: int
    velocity: int
    program: int
    end: int | None = None


class NotePairing:
    """Notes of tracks that are played together, from their events in order of time.

    A note-off ends the newest note of its voice. Where there is none, it ends a note that would not
    end otherwise: of its channel on another track, or else of its pitch on another channel.
    """

    def __init__(self, faults: Faults) -> None:
        """Begin without notes."""
        self._faults = faults
        self._notes: list[TickNote] = []
        self._open: dict[Voice, list[TickNote]] = {}
        self._unpaired: list[tuple[int, Voice]] = []

    def note_on(self, tick: int, voice: Voice, velocity: int, program: int) -> None:
        """Begin a note."""
        note = TickNote(voice, tick, velocity, program)
        self._notes.append(note)
        self._open.setdefault(voice, []).append(note)

    def note_off(self, tick: int, voice: Voice) -> None:
        """End the newest note of a voice; one that begins at `tick` only if there is no other."""
        notes = self._open.get(voice)
        if not notes:
            self._unpaired.append((tick, voice))
            return
        place = len(notes) - 1
        while place > 0 and notes[place].begin == tick:
            place -= 1
        notes.pop(place).end = tick

    def all_off(self, tick: int, channel: int) -> None:
        """End all notes of a channel that began before `tick`."""
        for voice in [voice for voice in self._open if voice.channel == channel]:
            notes = self._open.pop(voice)
            for note in notes:
                if note.begin < tick:
                    note.end = tick
            if rest := [note for note in notes if note.end is None]:
                self._open[voice] = rest

    def finish(self, track_ends: Mapping[int, int]) -> list[TickNote]:
        """Return all notes. Those that never end do so at the next of their voice, or their track.

        Args:
            track_ends: Tick at which each track ends, by its number.
        """
        self._pair_elsewhere(lambda voice: (voice.channel, voice.pitch))
        self._pair_elsewhere(lambda voice: voice.pitch)
        if self._unpaired:
            self._faults[Fault.NO_NOTE] += len(self._unpaired)
        later: dict[Voice, int] = {}
        for note in reversed(self._notes):
            if note.end is None:
                self._faults[Fault.ENDLESS] += 1
                note.end = max(note.begin, later.get(note.voice, track_ends[note.voice.track]))
            later[note.voice] = note.begin
        return self._notes

    def _pair_elsewhere(self, group: Callable[[Voice], Hashable]) -> None:
        """Pair endless notes and note-offs of the same group of voices."""
        endless: dict[Hashable, list[TickNote]] = defaultdict(list)
        for note in self._notes:
            if note.end is None:
                endless[group(note.voice)].append(note)
        unpaired = []
        for tick, voice in sorted(self._unpaired, reverse=True):
            notes = endless[group(voice)]  # by onset
            place = len(notes) - 1
            while place >= 0 and notes[place].begin >= tick:
                place -= 1
            if place < 0:
                unpaired.append((tick, voice))
            else:
                notes.pop(place).end = tick
        self._unpaired = unpaired
