"""The instants at which a trajectory is fitted: where something happens, and in between."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.planning.strikes import Strike, StrikeConfig

Array = NDArray[np.float64]

LONGEST_S: Final = 0.04
"""Longest time between rows [s]."""

UP_S: Final = 0.02
"""Time after which a finger that goes up is clear of its key [s]."""

APART_S: Final = 0.012
"""Shortest time between rows, but for strikes [s]."""

_STRIKES_APART_S: Final = 0.006
"""Shortest time between rows for two strikes; notes nearer than that share a row [s]."""


def row_times(
    strikes: Sequence[Strike], first_s: Sequence[float], end_s: float, config: StrikeConfig
) -> Array:
    """Return the times of a trajectory's rows, rising (rows,) [s].

    Each strike gets rows where its finger is over the key, at the bed, about to go up, and clear of
    the key again. Where they crowd, strikes come first.

    Args:
        strikes: In score time.
        first_s: Times of the first rows, which are fixed.
        end_s: Time of the last row.
        config: How keys are struck.
    """
    rows = _Rows(first_s[-1], end_s)
    for apart_s, instants in (
        (_STRIKES_APART_S, [strike.press_s for strike in strikes]),
        (APART_S, [strike.ready_s for strike in strikes]),
        (APART_S, [strike.release_s for strike in strikes]),
        (APART_S, [strike.release_s + UP_S for strike in strikes]),
        (1.5 * APART_S, [strike.release_s + config.rise_s for strike in strikes]),
    ):
        for instant in instants:
            rows.add(instant, apart_s)
    return np.concatenate((first_s[:-1], rows.filled()))


class _Rows:
    """Instants between two ends, found by time."""

    def __init__(self, begin_s: float, end_s: float) -> None:
        self._ends = begin_s, end_s
        self._near: defaultdict[int, list[float]] = defaultdict(list)
        for instant in self._ends:
            self._near[self._bucket(instant)].append(instant)

    def add(self, instant: float, apart_s: float) -> None:
        """Add an instant unless it is out of bounds or nearer than `apart_s` to another."""
        begin_s, end_s = self._ends
        bucket = self._bucket(instant)
        near = (other for at in (bucket - 1, bucket, bucket + 1) for other in self._near[at])
        if begin_s < instant < end_s and all(abs(instant - other) >= apart_s for other in near):
            self._near[bucket].append(instant)

    def filled(self) -> Array:
        """Return all instants, with further ones where they are more than `LONGEST_S` apart."""
        instants = np.sort([instant for near in self._near.values() for instant in near])
        filled = [instants[:1]]
        for before, after in pairwise(instants):
            parts = int(np.ceil((after - before) / LONGEST_S - 1e-6))
            filled.append(before + (after - before) * np.arange(1, parts + 1) / parts)
        return np.concatenate(filled)

    @staticmethod
    def _bucket(instant: float) -> int:
        return int(instant // (2 * APART_S))
