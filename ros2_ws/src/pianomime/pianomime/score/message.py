"""A score from a message: Score.msg, whether rclpy or a bag's reader made the object."""

from collections.abc import Iterable
from typing import Any

from pianomime.score.score import Note, PedalEvent, Score


def from_message(message: Any) -> Score:
    """Return the score.

    Raises:
        ScoreError: It holds a note that cannot be.
    """
    return Score.from_notes(message.id, notes_from(message.notes), pedal_from(message.pedal))


def notes_from(messages: Iterable[Any]) -> tuple[Note, ...]:
    """Return the notes of Note.msg."""
    return tuple(Note(n.onset_s, n.offset_s, n.key, n.velocity, n.finger) for n in messages)


def pedal_from(messages: Iterable[Any]) -> tuple[PedalEvent, ...]:
    """Return the changes of PedalEvent.msg."""
    return tuple(PedalEvent(event.time_s, event.down) for event in messages)
