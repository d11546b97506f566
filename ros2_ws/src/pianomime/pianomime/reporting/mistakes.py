"""Classification of mistakes by note and by key press, from goal keys and pressed keys."""

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
"""Tolerance on late presses and early releases [s]; allows for the travel time of a key."""

NEAR_S: Final = 0.2
"""Maximum time [s] between a wrong press and a goal of its key to count as early or held."""


class Kind(Enum):
    """Kind of a mistake; the value is its label in reports."""

    UNREACHABLE = "unreachable: no free finger"
    MISSED = "missed"
    NEIGHBOUR = "neighbour key pressed instead"
    LATE = "late"
    CUT_SHORT = "released too early"
    INTERRUPTED = "released in the middle"
    HELD = "held too long"
    EARLY = "pressed too early"
    BRUSHED = "brushed"


@dataclass(frozen=True)
class Mistake:
    """One mistake.

    Attributes:
        kind: Kind of the mistake.
        key: Key, 0 .. 87; for `NEIGHBOUR` the goal key.
        finger: Finger of the note; `UNASSIGNED` for presses without a note.
        begins_s: Start [s, score time].
        ends_s: End [s, score time].
        steps: Number of decisions in which the key was wrong.
    """

    kind: Kind
    key: int
    finger: int
    begins_s: float
    ends_s: float
    steps: int


def steps_of(note: Note, performance: Performance) -> slice:
    """Return the decisions of a note, at least one, up to the end of the performance."""
    dt_s = performance.timing.decision_s
    first, last = round(note.onset_s / dt_s), round(note.offset_s / dt_s)
    return slice(first, min(max(last, first + 1), len(performance.goal_keys)))


def find_mistakes(performance: Performance) -> list[Mistake]:
    """Return all mistakes, by time."""
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
    pressed = np.flatnonzero(right)
    begins, ends = 0, len(right)
    tolerated = round(TOLERATED_S / dt_s)
    if note.finger == UNASSIGNED and len(pressed) == 0:
        kind = Kind.UNREACHABLE
    elif len(pressed) == 0:
        near = wrong[:, _neighbours(note.key)].any()
        kind = Kind.NEIGHBOUR if near else Kind.MISSED
    elif pressed[0] > tolerated:
        kind, ends = Kind.LATE, int(pressed[0])
    elif len(right) - 1 - pressed[-1] > tolerated:
        kind, begins = Kind.CUT_SHORT, int(pressed[-1]) + 1
    elif np.any(~right[pressed[0] : pressed[-1]]):
        kind = Kind.INTERRUPTED
    else:
        return None  # within the tolerance
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
    """Yield (key, first step, end) of each press; the end is exclusive."""
    padded = np.zeros((pressed.shape[0] + 2, pressed.shape[1]), np.int8)
    padded[1:-1] = pressed
    change = np.diff(padded, axis=0)
    for key in np.flatnonzero(pressed.any(axis=0)):
        begins, ends = np.flatnonzero(change[:, key] > 0), np.flatnonzero(change[:, key] < 0)
        for first, end in zip(begins, ends, strict=True):
            yield int(key), int(first), int(end)


def _neighbours(key: int) -> list[int]:
    """Return the keys likely to be hit instead: adjacent keys and, for a white key, white ones."""
    near = {key - 1, key + 1}
    if not is_black()[key]:
        near |= {
            other for other in (key - 2, key + 2) if 0 <= other < N_KEYS and not is_black()[other]
        }
    return sorted(other for other in near if 0 <= other < N_KEYS)
