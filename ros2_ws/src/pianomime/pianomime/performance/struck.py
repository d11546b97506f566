"""From the MIDI that the keys made to notes."""

from collections.abc import Iterable

from pianomime.piano.geometry import LOWEST_PITCH
from pianomime.score.score import Note
from pianomime.simulation.simulation import MidiEvent, MidiKind


def struck_notes(midi: Iterable[MidiEvent], lead_in_s: float, end_s: float) -> list[Note]:
    """Return the notes that the keys played, in score time, the pedal not applied.

    Args:
        midi: Events by the simulation's clock.
        lead_in_s: When the score begins by that clock [s].
        end_s: When notes end that are still held [s, that clock].
    """
    spans: list[tuple[MidiEvent, float]] = []
    down: dict[int, MidiEvent] = {}
    for event in sorted(midi, key=lambda event: event.time_s):
        if event.kind is MidiKind.NOTE_ON:
            down[event.number] = event
        elif event.kind is MidiKind.NOTE_OFF and event.number in down:
            spans.append((down.pop(event.number), event.time_s))
    spans += [(event, end_s) for event in down.values() if event.time_s < end_s]
    notes = [
        Note(began.time_s - lead_in_s, end - lead_in_s, began.number - LOWEST_PITCH, began.value)
        for began, end in spans
    ]
    return sorted(notes, key=lambda note: (note.onset_s, note.key))
