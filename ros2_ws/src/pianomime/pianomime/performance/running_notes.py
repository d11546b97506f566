"""Note metrics of a song while it is played."""

from bisect import bisect_left
from collections.abc import Sequence
from math import isnan
from typing import Final

from pianomime.metrics.notes import WINDOW_S, NoteMetrics, note_metrics
from pianomime.performance.struck import pedal_changes, struck_notes
from pianomime.score.score import PedalEvent, Score
from pianomime.simulation.simulation import MidiEvent

RECENT_S: Final = 60.0
"""Duration of the part that is judged while the song is played [s]: bounds the computation."""


class RunningNotes:
    """MIDI events of a song in progress, and the metrics of its last minute.

    Once the song is over, the metrics are those of the whole song; notes before the first time that
    was reached, as of an observer who came late, are never judged.

    Attributes:
        score: The score; it may be cut short.
    """

    def __init__(self, score: Score, begins_s: float) -> None:
        """Begin a score whose time 0 is at `begins_s` in the time of the events [s]."""
        self.score, self._begins_s = score, begins_s
        self._midi: list[MidiEvent] = []
        self._since_s: float | None = None
        self._now_s = self._lateness_s = 0.0
        self._whole: NoteMetrics | None = None

    @property
    def is_over(self) -> bool:
        """Whether no note of the song can still be struck in time."""
        return self._now_s >= self.score.duration_s + WINDOW_S

    def add(self, event: MidiEvent) -> None:
        """Add an event of the piano."""
        self._midi.append(event)

    def reach(self, time_s: float) -> None:
        """Advance to a score time [s]."""
        if self._since_s is None:
            self._since_s = time_s
        self._now_s = time_s

    def metrics(self) -> NoteMetrics | None:
        """Return the metrics so far; None if there is no note to judge.

        The last 0.2 s are left out while the song is played: their notes may still be struck.
        """
        if self._since_s is None:
            return None
        if not self.is_over:
            end_s = self._now_s - WINDOW_S
            return self._metrics(max(self._since_s, end_s - RECENT_S), end_s)
        if self._whole is None:
            self._whole = self._metrics(self._since_s, self._now_s)
        return self._whole

    def _metrics(self, from_s: float, to_s: float) -> NoteMetrics | None:
        first, last = (
            bisect_left(self.score.notes, time_s, key=lambda note: note.onset_s)
            for time_s in (from_s, to_s)
        )
        if first == last:
            return None
        # Strikes come later than their notes, as late as found before.
        begins_s, late_to_s = self._begins_s + from_s + self._lateness_s, to_s + self._lateness_s
        recent = [event for event in self._midi if event.time_s >= begins_s]
        played = struck_notes(recent, self._begins_s, self._begins_s + self._now_s)
        found = note_metrics(
            Score(
                self.score.title,
                self.score.notes[first:last],
                tuple(_between(self.score.pedal, from_s, to_s)),
            ),
            [note for note in played if note.onset_s < late_to_s],
            _between(pedal_changes(self._midi, self._begins_s), from_s, to_s),
        )
        if not isnan(found.lateness_s):
            self._lateness_s = found.lateness_s
        return found


def _between(pedal: Sequence[PedalEvent], from_s: float, to_s: float) -> list[PedalEvent]:
    """Return the changes from `from_s` to `to_s` [s], and the pedal as it is at `from_s`."""
    before = [event for event in pedal if event.time_s < from_s]
    inside = [event for event in pedal if from_s <= event.time_s < to_s]
    held = [PedalEvent(from_s, down=True)] if before and before[-1].down else []
    return held + inside
