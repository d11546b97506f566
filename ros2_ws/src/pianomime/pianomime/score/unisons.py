"""Notes of several parts on one key."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from pianomime.score.score import Note

UNISON_S: Final = 0.03
"""Onsets of one held key that are nearer than this are one strike [s]; nobody hears two."""


def merge_unisons(ordered: Iterable[Note]) -> tuple[list[Note], list[Note]]:
    """Let each key be struck by one note at a time, and held as long as any of its notes.

    Where a key is struck while it is held, the note ends and the new one lasts as long as either.
    Within `UNISON_S` they are one strike, with the greater velocity.

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
        held = kept[place] if place is not None else None
        new = note
        if place is not None and held is not None and held.offset_s > note.onset_s:
            offset_s = max(held.offset_s, note.offset_s)
            if note.onset_s - held.onset_s < UNISON_S:
                velocity = max(held.velocity, note.velocity)
                kept[place] = replace(held, offset_s=offset_s, velocity=velocity)
                merged.append(note)
                continue
            kept[place] = replace(held, offset_s=note.onset_s)
            new = replace(note, offset_s=offset_s)
        last[note.key] = len(kept)
        kept.append(new)
    return kept, merged
