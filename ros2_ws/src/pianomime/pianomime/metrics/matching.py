"""Matching of timed events, as in mir_eval."""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

TOLERANCE_S: Final = 0.05
"""Tolerance on onsets [s]: MIREX's, and mir_eval's default."""

_DECIMALS: Final = 4
"""Decimals to which differences [s] are rounded, as in mir_eval."""


def matches(
    wanted: Sequence[T],
    played: Sequence[T],
    time_s: Callable[[T], float],
    kind: Callable[[T], Hashable],
    tolerance_s: float = TOLERANCE_S,
) -> list[tuple[T, T]]:
    """Match wanted with played events of the same kind, one to one, as many as possible.

    Args:
        wanted: Events that were to happen.
        played: Events that happened.
        time_s: Function that returns the time of an event [s].
        kind: Function that returns what has to agree.
        tolerance_s: Largest difference in time [s].

    Returns:
        Pairs of a wanted and a played event; greedy in time per kind, which is maximum.
    """
    pairs: list[tuple[T, T]] = []
    ordered: dict[Hashable, deque[T]] = defaultdict(deque)
    for event in sorted(played, key=time_s):
        ordered[kind(event)].append(event)
    for event in sorted(wanted, key=time_s):
        candidates = ordered[kind(event)]
        while candidates:
            late_s = round(time_s(candidates[0]) - time_s(event), _DECIMALS)
            if late_s > tolerance_s:
                break
            found = candidates.popleft()  # too early for this event, so for later ones as well
            if late_s >= -tolerance_s:
                pairs.append((event, found))
                break
    return pairs


def f1_of(hits: int, wanted: int, played: int) -> float:
    """Return the F1 of a matching; 1 where nothing was wanted and nothing played."""
    return 2 * hits / (wanted + played) if wanted + played else 1.0
