"""What went wrong, note by note and press by press, and why as far as keys and score tell."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import UNASSIGNED
from pianomime.performance.performance import Performance
from pianomime.piano.geometry import N_KEYS, is_black
from pianomime.score.score import Note

Keys = NDArray[np.bool_]

TOLERATED_S: Final = 0.06
"""A key may be so late, or so early in letting go, and is no mistake: presses take their time."""

NEAR_S: Final = 0.2
"""A wrong press so near to a wanted one of the same key is that one, early or late."""


class Kind(Enum):
    """What a mistake is; the value is for people."""

    UNREACHABLE = "unreachable: no finger was free for it"
    MISSED = "missed"
    NEIGHBOUR = "neighbour key pressed instead"
    LATE = "late"
    CUT_SHORT = "let go too early"
    INTERRUPTED = "let go in its middle"
    HELD = "held too long"
    EARLY = "pressed too early"
    BRUSHED = "brushed"


@dataclass(frozen=True)
class Mistake:
    """One of them.

    Attributes:
        kind: What it is.
        key: Which key, 0 .. 87; of `NEIGHBOUR` the one that was wanted.
        finger: Whose note it is; `UNASSIGNED` for presses that no note asked for.
        begins_s: In the score [s].
        ends_s: In the score [s].
        steps: Decisions in which the key was wrong.
    """

    kind: Kind
    key: int
    finger: int
    begins_s: float
    ends_s: float
    steps: int


def steps_of(note: Note, performance: Performance) -> slice:
    """Return the decisions of a note, as far as they were reached; at least one."""
    dt_s = performance.timing.decision_s
    first, last = round(note.onset_s / dt_s), round(note.offset_s / dt_s)
    return slice(first, min(max(last, first + 1), len(performance.goal_keys)))


def find_mistakes(performance: Performance) -> list[Mistake]:
    """Return every mistake, by time."""
    goal_keys, pressed = performance.goal_keys, performance.pressed
    dt_s = performance.timing.decision_s
    wrong = pressed & ~goal_keys
    taken = np.zeros_like(wrong)  # wrong presses that explain a missed note
    found = []
    for note in performance.score.notes:
        span = steps_of(note, performance)
        mine = goal_keys[span, note.key]
        if not mine.any():
            continue  # shorter than a step, or after the end
        mistake = _of_note(note, pressed[span, note.key] | ~mine, wrong[span], span, dt_s)
        if mistake is not None:
            found.append(mistake)
            if mistake.kind is Kind.NEIGHBOUR:
                taken[span, _neighbours(note.key)] = True
    for key, first, end in key_runs(wrong & ~taken):
        kind = _of_press(goal_keys[:, key], first, end, dt_s)
        found.append(Mistake(kind, key, UNASSIGNED, first * dt_s, end * dt_s, end - first))
    return sorted(found, key=lambda mistake: (mistake.begins_s, mistake.key))


def _of_note(note: Note, right: Keys, wrong: Keys, span: slice, dt_s: float) -> Mistake | None:
    """Classify the error of one note from the steps in which its key was pressed correctly.

    None if there is no error.
    """
    missing = int(np.sum(~right))
    if missing == 0:
        return None
    heard = np.flatnonzero(right)
    begins, ends = 0, len(right)
    tolerated = round(TOLERATED_S / dt_s)
    if note.finger == UNASSIGNED and len(heard) == 0:
        kind = Kind.UNREACHABLE
    elif len(heard) == 0:
        near = wrong[:, _neighbours(note.key)].any()
        kind = Kind.NEIGHBOUR if near else Kind.MISSED
    elif heard[0] > tolerated:
        kind, ends = Kind.LATE, int(heard[0])
    elif len(right) - 1 - heard[-1] > tolerated:
        kind, begins = Kind.CUT_SHORT, int(heard[-1]) + 1
    elif np.any(~right[heard[0] : heard[-1]]):
        kind = Kind.INTERRUPTED
    else:
        return None  # within what is tolerated
    start = span.start
    return Mistake(
        kind, note.key, note.finger, (start + begins) * dt_s, (start + ends) * dt_s, missing
    )


def _of_press(goal_keys: Keys, first: int, end: int, dt_s: float) -> Kind:
    near = round(NEAR_S / dt_s)
    if goal_keys[max(0, first - 1) : first].any():
        return Kind.HELD
    if goal_keys[end : end + near].any():
        return Kind.EARLY
    return Kind.HELD if goal_keys[max(0, first - near) : first].any() else Kind.BRUSHED


def key_runs(pressed: Keys) -> Iterator[tuple[int, int, int]]:
    """Yield key, first step and end of each press."""
    padded = np.zeros((pressed.shape[0] + 2, pressed.shape[1]), np.int8)
    padded[1:-1] = pressed
    change = np.diff(padded, axis=0)
    for key in np.flatnonzero(pressed.any(axis=0)):
        begins, ends = np.flatnonzero(change[:, key] > 0), np.flatnonzero(change[:, key] < 0)
        for first, end in zip(begins, ends, strict=True):
            yield int(key), int(first), int(end)


def _neighbours(key: int) -> list[int]:
    """Return the keys that a finger may hit instead: the next ones, and the next white ones."""
    near = {key - 1, key + 1}
    if not is_black()[key]:
        near |= {
            other for other in (key - 2, key + 2) if 0 <= other < N_KEYS and not is_black()[other]
        }
    return sorted(other for other in near if 0 <= other < N_KEYS)
