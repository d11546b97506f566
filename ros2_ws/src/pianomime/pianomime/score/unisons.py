"""Notes that strike one key at once, or too soon after one another."""

from collections.abc import Iterable
from dataclasses import replace
from math import inf
from typing import Final

from pianomime.score.score import Note

REPETITION_S: Final = 0.06
"""Shortest time between two strikes of a key [s]; a grand's action repeats 15 times a second."""

FASTEST_REPEAT_S: Final = 0.08
"""Shortest time between two strikes of a key that the hands always play [s].

The simulated key itself is faster: it comes up from its end stop to the repetition point in 31 ms.
But a finger has to get up and down: of notes of one key the expert strikes all at 11 a second, 98 %
at 12, 95 % at 13, 91 % at 14 and 40 % at 16.
"""

_CLOCK_S: Final = 1e-6


def merge_unisons(ordered: Iterable[Note]) -> tuple[list[Note], list[Note]]:
    """Let each key be struck by one note at a time, and held as long as any of its notes.

    Where a key is struck while it is held, the note ends and the new one lasts as long as either.
    Strikes within `REPETITION_S` are one, with the greater velocity.

    Args:
        ordered: Notes by onset.

    Returns:
        The notes by onset, and those that were merged with an earlier one.
    """
    last: dict[int, int] = {}
    kept: list[Note] = []
    merged: list[Note] = []
    for note in ordered:
        place = last.get(note.key)
        new = note
        if place is not None:
            held = kept[place]
            offset_s = max(held.offset_s, note.offset_s)
            if note.onset_s - held.onset_s < REPETITION_S:
                velocity = max(held.velocity, note.velocity)
                kept[place] = replace(held, offset_s=offset_s, velocity=velocity)
                merged.append(note)
                continue
            if held.offset_s > note.onset_s:
                kept[place] = replace(held, offset_s=note.onset_s)
                new = replace(note, offset_s=offset_s)
        last[note.key] = len(kept)
        kept.append(new)
    return kept, merged


def fast_repeats(ordered: Iterable[Note]) -> list[Note]:
    """Return the notes that strike a key within `FASTEST_REPEAT_S` of its last note's onset.

    Args:
        ordered: Notes by onset.
    """
    last_s: dict[int, float] = {}
    fast: list[Note] = []
    for note in ordered:
        if note.onset_s - last_s.get(note.key, -inf) < FASTEST_REPEAT_S - _CLOCK_S:
            fast.append(note)
        last_s[note.key] = note.onset_s
    return fast
