"""Conversion of Score.msg to a `Score`; accepts the objects of rclpy and of rosbags."""

from collections.abc import Iterable
from typing import Any

from pianomime.score.score import Note, PedalEvent, Score


def from_message(message: Any) -> Score:
    """Convert a Score.msg.

    Raises:
        ScoreError: A note is invalid.
    """
    return Score.from_notes(message.id, notes_from(message.notes), pedal_from(message.pedal))


def notes_from(messages: Iterable[Any]) -> tuple[Note, ...]:
    """Convert Note.msg objects."""
    return tuple(Note(n.onset_s, n.offset_s, n.key, n.velocity, n.finger) for n in messages)


def pedal_from(messages: Iterable[Any]) -> tuple[PedalEvent, ...]:
    """Convert PedalEvent.msg objects."""
    return tuple(PedalEvent(event.time_s, event.down) for event in messages)
