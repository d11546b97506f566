"""Notes and pedal changes of a piano's MIDI events."""

from collections.abc import Iterable

from pianomime.piano.geometry import LOWEST_PITCH
from pianomime.score.midi_controllers import PEDAL_DOWN
from pianomime.score.score import Note, PedalEvent
from pianomime.simulation.simulation import MidiEvent, MidiKind


def struck_notes(midi: Iterable[MidiEvent], lead_in_s: float, end_s: float) -> list[Note]:
    """Return the struck notes in score time, without sustain pedal.

    Args:
        midi: MIDI events in the simulation's time.
        lead_in_s: Start of the score in the simulation's time [s].
        end_s: End of notes that are still held [s, simulation's time].
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


def pedal_changes(midi: Iterable[MidiEvent], lead_in_s: float) -> list[PedalEvent]:
    """Return the changes of the sustain pedal in score time."""
    return [
        PedalEvent(event.time_s - lead_in_s, event.value >= PEDAL_DOWN)
        for event in sorted(midi, key=lambda event: event.time_s)
        if event.kind is MidiKind.CONTROL
    ]
