"""A score: notes and pedal changes of a piece, as immutable data."""

import hashlib
import math
import struct
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pianomime.errors import ScoreError
from pianomime.hands.fingers import N_PIANISTS_FINGERS, UNASSIGNED
from pianomime.piano.geometry import LOWEST_PITCH, N_KEYS, key_name

MAX_NOTES: Final = 500_000
"""Maximum number of notes in a score; twelve hours of piano music have about 350,000."""

MAX_DURATION_S: Final = 12 * 3600.0
"""Maximum duration of a score (12 h). Bounds memory: the goals of all decisions are kept."""


@dataclass(frozen=True, slots=True)
class Note:
    """One note.

    Attributes:
        onset_s: Time at which the key goes down [s, from the start of the score].
        offset_s: Time at which the key is released [s].
        key: 0 (A0) .. 87 (C8).
        velocity: MIDI velocity, 1 .. 127.
        finger: Index into `PIANISTS_FINGERS`, or `UNASSIGNED`.
    """

    onset_s: float
    offset_s: float
    key: int
    velocity: int = 64
    finger: int = UNASSIGNED


@dataclass(frozen=True, slots=True)
class PedalEvent:
    """Change of the sustain pedal at `time_s` [s]."""

    time_s: float
    down: bool


@dataclass(frozen=True)
class Score:
    """Notes by onset then key, and pedal changes by time. Construct with `Score.from_notes`."""

    title: str
    notes: tuple[Note, ...]
    pedal: tuple[PedalEvent, ...] = ()

    @classmethod
    def from_notes(
        cls, title: str, notes: Iterable[Note], pedal: Iterable[PedalEvent] = ()
    ) -> "Score":
        """Validate and sort notes; a note ends where its key is struck again.

        Raises:
            ScoreError: There are no notes or too many, the score is too long, or a note is
                outside the keyboard or has invalid times.
        """
        ordered = sorted(notes, key=lambda n: (n.onset_s, n.key, -n.offset_s))
        if not ordered:
            raise ScoreError(f"{title}: the score has no notes")
        if len(ordered) > MAX_NOTES:
            raise ScoreError(f"{title}: {len(ordered)} notes; at most {MAX_NOTES} can be played")
        for note in ordered:
            _check(title, note)
        if (last_s := max(note.offset_s for note in ordered)) > MAX_DURATION_S:
            most_h = MAX_DURATION_S / 3600
            raise ScoreError(
                f"{title}: lasts {last_s / 3600:.1f} h; at most {most_h:g} can be played"
            )
        return cls(
            title, _one_at_a_time(ordered), tuple(sorted(pedal, key=lambda event: event.time_s))
        )

    @property
    def duration_s(self) -> float:
        """End of the last note [s]."""
        return max(note.offset_s for note in self.notes)

    @property
    def sha256(self) -> str:
        """Hash of notes and pedal at microsecond resolution; excludes title and fingering."""
        digest = hashlib.sha256()
        for n in self.notes:
            digest.update(struct.pack("<qqBB", _us(n.onset_s), _us(n.offset_s), n.key, n.velocity))
        for event in self.pedal:
            digest.update(struct.pack("<q?", _us(event.time_s), event.down))
        return digest.hexdigest()

    def transposed(self, semitones: int) -> "Score":
        """Transpose every note by `semitones`; fingers are removed.

        Raises:
            ScoreError: A note would leave the keyboard.
        """
        moved = (replace(n, key=n.key + semitones, finger=UNASSIGNED) for n in self.notes)
        return Score.from_notes(self.title, moved, self.pedal)

    def stretched(self, factor: float) -> "Score":
        """Scale all times by `factor`: above 1 is slower.

        Raises:
            ScoreError: `factor` is not a positive number, or the result is too long.
        """
        if not (math.isfinite(factor) and factor > 0):
            raise ScoreError(f"stretch factor {factor}: must be a positive number")
        return Score.from_notes(
            self.title,
            (
                replace(n, onset_s=n.onset_s * factor, offset_s=n.offset_s * factor)
                for n in self.notes
            ),
            (replace(event, time_s=event.time_s * factor) for event in self.pedal),
        )

    def trimmed(self) -> "Score":
        """Remove the silence before the first note."""
        start_s = self.notes[0].onset_s
        return Score(
            self.title,
            tuple(
                replace(n, onset_s=n.onset_s - start_s, offset_s=n.offset_s - start_s)
                for n in self.notes
            ),
            tuple(replace(e, time_s=max(0.0, e.time_s - start_s)) for e in self.pedal),
        )

    def until(self, time_s: float) -> "Score":
        """Return the part before `time_s` [s]; notes that sound and a pedal that is down end there.

        Raises:
            ScoreError: No note begins before `time_s`.
        """
        notes = (
            replace(n, offset_s=min(n.offset_s, time_s)) for n in self.notes if n.onset_s < time_s
        )
        pedal = [event for event in self.pedal if event.time_s < time_s]
        lift = [PedalEvent(time_s, down=False)] if pedal and pedal[-1].down else []
        return Score.from_notes(self.title, notes, [*pedal, *lift])

    def since(self, time_s: float) -> "Score":
        """Return the notes that begin from `time_s` [s] on, with the pedal as it is then.

        Raises:
            ScoreError: There are none.
        """
        notes = [note for note in self.notes if note.onset_s >= time_s]
        if not notes:
            lasts_s = self.duration_s - self.notes[0].onset_s
            raise ScoreError(f"{self.title}: no note begins there; it lasts {lasts_s:.1f} s")
        later = bisect_right(self.pedal, time_s, key=lambda event: event.time_s)
        is_down = later > 0 and self.pedal[later - 1].down
        held = [PedalEvent(time_s, down=True)] * is_down
        return Score.from_notes(self.title, notes, [*held, *self.pedal[later:]])

    def without_fingers(self) -> "Score":
        """Remove the finger of every note."""
        return self.with_fingers([UNASSIGNED] * len(self.notes))

    def with_fingers(self, fingers: Sequence[int]) -> "Score":
        """Assign one finger to each note, in score order."""
        return replace(
            self,
            notes=tuple(
                replace(note, finger=int(finger))
                for note, finger in zip(self.notes, fingers, strict=True)
            ),
        )


def _us(time_s: float) -> int:
    return round(time_s * 1e6)


def _check(title: str, note: Note) -> None:
    if not (math.isfinite(note.onset_s) and math.isfinite(note.offset_s)):
        raise ScoreError(f"{title}: note {note} has a time that is not finite")
    where = f"{title}: note {key_name(note.key)} at {note.onset_s:.3f} s"
    if not 0 <= note.key < N_KEYS:
        raise ScoreError(f"{where} (MIDI {note.key + LOWEST_PITCH}) is outside A0-C8 (21-108)")
    if note.onset_s < 0:
        raise ScoreError(f"{where} starts before the score does")
    if note.offset_s <= note.onset_s:
        raise ScoreError(f"{where} lasts {note.offset_s - note.onset_s:.3f} s; must be above 0")
    if not 1 <= note.velocity <= 127:
        raise ScoreError(f"{where} has velocity {note.velocity}; must be in 1..127")
    if not UNASSIGNED <= note.finger < N_PIANISTS_FINGERS:
        raise ScoreError(
            f"{where} has finger {note.finger}; must be in -1..{N_PIANISTS_FINGERS - 1}"
        )


def _one_at_a_time(ordered: list[Note]) -> tuple[Note, ...]:
    """Keep the longest of notes with equal onset and key; end a note where its key repeats."""
    last: dict[int, int] = {}
    kept: list[Note] = []
    for note in ordered:
        previous = last.get(note.key)
        if previous is not None:
            earlier = kept[previous]
            if earlier.onset_s == note.onset_s:
                continue
            if earlier.offset_s > note.onset_s:
                kept[previous] = replace(earlier, offset_s=note.onset_s)
        last[note.key] = len(kept)
        kept.append(note)
    return tuple(kept)
