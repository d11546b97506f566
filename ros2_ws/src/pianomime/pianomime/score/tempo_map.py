"""Conversion of MIDI ticks to seconds."""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final

from pianomime.score.midi_chunks import Chunks

_DEFAULT_US: Final = 500_000
"""Length of a quarter note before the first tempo [us] (Standard MIDI Files 1.0)."""


class TempoMap:
    """Times of ticks under all tempo changes.

    Rounds as pretty_midi does, so that scores keep the hash under which they were learned.
    """

    def __init__(self, chunks: Chunks, changes: Iterable[tuple[int, int]]) -> None:
        """Sum up the tempo changes.

        Args:
            chunks: Header; with SMPTE time the changes have no effect.
            changes: Tick and length of a quarter note [us]; of several at a tick the last counts.
        """
        if chunks.ticks_per_s:
            self._ticks, self._tick_s, self._begin_s = [0], [1 / chunks.ticks_per_s], [0.0]
            return

        def tick_s(us: int) -> float:
            return 60.0 / (6e7 / us * chunks.ticks_per_quarter)

        self._ticks, self._tick_s, self._begin_s = [0], [tick_s(_DEFAULT_US)], [0.0]
        for tick, us in sorted(changes, key=lambda change: change[0]):
            if tick > self._ticks[-1]:
                self._begin_s.append(self.time_s(tick))
                self._ticks.append(tick)
                self._tick_s.append(tick_s(us))
            else:
                self._tick_s[-1] = tick_s(us)

    def time_s(self, tick: int) -> float:
        """Return the time of a tick [s]."""
        place = bisect_right(self._ticks, tick) - 1
        return self._begin_s[place] + self._tick_s[place] * (tick - self._ticks[place])
