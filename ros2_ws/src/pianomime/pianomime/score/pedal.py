"""How long notes sound with the sustain pedal."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from pianomime.score.score import Note, PedalEvent


def with_pedal(notes: Sequence[Note], pedal: Sequence[PedalEvent]) -> list[Note]:
    """Return notes that end when the pedal lets them, or when their key is struck again.

    Args:
        notes: By onset, of any keys.
        pedal: Changes by time; the pedal is up before the first.
    """
    times_s = [event.time_s for event in pedal]
    lifts_s = [event.time_s for event in pedal if not event.down]
    next_onset_s: dict[int, float] = {}
    sounding: list[Note] = []
    for note in reversed(notes):
        before = bisect_right(times_s, note.offset_s)
        end_s = note.offset_s
        if before and pedal[before - 1].down:
            lift = bisect_right(lifts_s, note.offset_s)
            lifted_s = lifts_s[lift] if lift < len(lifts_s) else end_s
            end_s = min(lifted_s, next_onset_s.get(note.key, float("inf")))
        sounding.append(replace(note, offset_s=max(end_s, note.offset_s)))
        next_onset_s[note.key] = note.onset_s
    return sounding[::-1]
