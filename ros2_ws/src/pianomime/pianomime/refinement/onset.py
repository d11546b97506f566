"""Beginnings of notes, as written or as played."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pianomime.metrics.matching import TOLERANCE_S, matches
from pianomime.piano.geometry import LOWEST_PITCH
from pianomime.simulation.simulation import MidiEvent, MidiKind


class Onset(NamedTuple):
    """Beginning of a note.

    Attributes:
        time_s: Time [s, from the start of the lead-in].
        key: Key, 0 .. 87.
        velocity: MIDI velocity.
    """

    time_s: float
    key: int
    velocity: int

    def later(self, by_s: float) -> "Onset":
        """Return the onset shifted in time."""
        return Onset(self.time_s + by_s, self.key, self.velocity)


def onsets(events: Iterable[MidiEvent]) -> list[Onset]:
    """Return the strikes among MIDI events."""
    return [
        Onset(event.time_s, event.number - LOWEST_PITCH, event.value)
        for event in events
        if event.kind is MidiKind.NOTE_ON
    ]


def matched(
    notes: Sequence[Onset], struck: Sequence[Onset], tolerance_s: float = TOLERANCE_S
) -> list[tuple[Onset, Onset]]:
    """Match notes with strikes of the same key, one to one, see `matches`."""
    return matches(notes, struck, lambda onset: onset.time_s, lambda onset: onset.key, tolerance_s)


def between(ordered: Sequence[Onset], begin_s: float, end_s: float) -> Sequence[Onset]:
    """Return the onsets, of a sequence by time, between two times (exclusive) [s]."""
    begin = bisect_right(ordered, begin_s, key=lambda onset: onset.time_s)
    return ordered[begin : bisect_left(ordered, end_s, lo=begin, key=lambda onset: onset.time_s)]
