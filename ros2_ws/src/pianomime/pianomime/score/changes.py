"""Notes that an arrangement changes or leaves out, or that may be missed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pianomime.hands.fingers import UNASSIGNED
from pianomime.piano.geometry import key_name
from pianomime.score.score import Score


class ChangeKind(StrEnum):
    """What happened to a note."""

    FOLDED = "moved by an octave onto the keyboard"
    OFF_KEYBOARD = "off the keyboard, left out"
    MERGED = "merged with an earlier strike of the key"
    FAST_REPEAT = "repeated within 0.08 s, may be missed"
    NO_FINGER = "no finger is free, left out"


@dataclass(frozen=True, slots=True)
class Change:
    """One note that is not played as written, or may be missed.

    Attributes:
        onset_s: Onset in the score [s].
        key: Key in the file; negative or above 87 off the keyboard.
        kind: What happened to it.
    """

    onset_s: float
    key: int
    kind: ChangeKind

    def __str__(self) -> str:
        """Return one line."""
        return f"{self.onset_s:10.3f} s  {key_name(self.key):4}  {self.kind}"

    @property
    def note(self) -> str:
        """Name and onset of the note."""
        return f"{key_name(self.key)} at {self.onset_s:.2f} s"


def changes_line(changes: Iterable[Change]) -> str:
    """Return one line that counts the changes by kind; empty if there are none."""
    counts = Counter(change.kind for change in changes)
    return ", ".join(f"{counts[kind]} {kind}" for kind in ChangeKind if counts[kind])


def left_out(fingered: Score) -> list[Change]:
    """Return the notes of a fingered score that no finger plays."""
    return [
        Change(note.onset_s, note.key, ChangeKind.NO_FINGER)
        for note in fingered.notes
        if note.finger == UNASSIGNED
    ]
