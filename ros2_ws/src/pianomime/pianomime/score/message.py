"""A score off the wire: Score.msg, whether rclpy or a bag's reader made the object."""

from typing import Any

from pianomime.score.score import Note, PedalEvent, Score


def from_message(message: Any) -> Score:
    """Return the score.

    Raises:
        ScoreError: It holds a note that cannot be.
    """
    notes = (Note(n.onset_s, n.offset_s, n.key, n.velocity, n.finger) for n in message.notes)
    pedal = (PedalEvent(event.time_s, event.down) for event in message.pedal)
    return Score.from_notes(message.id, notes, pedal)
