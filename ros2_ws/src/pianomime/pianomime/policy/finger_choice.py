"""What the network that chooses fingers sees of a note, and how its answers become a choice."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.fingering.costs import OFFSET_M, Onset, Partials, choices_of
from pianomime.hands.fingers import N_FINGERS, UNASSIGNED
from pianomime.piano.geometry import is_black, key_y

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

COMMIT_STEPS: Final = 16
"""Control steps before its onset at which a note gets its finger for good."""

WINDOW_STEPS: Final = 30
"""Control steps that the policy looks ahead: 1.5 s."""

_BEYOND: Final = WINDOW_STEPS - COMMIT_STEPS
"""How far after a note the network sees when it chooses its finger."""

_UPCOMING: Final = 16
_BESIDE: Final = 4
_UNIT_M: Final = 0.1
_UNIT_STEPS: Final = 10.0

N_INPUTS: Final = 6 + 4 * _BESIDE + 4 * N_FINGERS + 4 + 5 * _UPCOMING


def choice_inputs(
    before: Partials, onset: Onset, upcoming: tuple[Ints, Ints, Ints]
) -> NDArray[np.float32]:
    """Return what the network sees of each note of an onset, (notes, N_INPUTS).

    Args:
        before: The one fingering so far.
        onset: The notes that begin together.
        upcoming: First step, last step and key of the notes after them, by onset then key.
    """
    y, n = key_y()[onset.key], len(onset.key)
    rows = np.zeros((n, N_INPUTS), np.float32)
    seen_until = onset.first + _BEYOND
    lasts = np.minimum(onset.last, seen_until)
    duration = (lasts - onset.first + 1) / _UNIT_STEPS
    rank = np.arange(n)
    rows[:, 0] = is_black()[onset.key]
    rows[:, 1] = duration
    rows[:, 2] = y
    rows[:, 3] = n / 5
    rows[:, 4], rows[:, 5] = rank / 5, (n - 1 - rank) / 5
    column = 6
    for beside in (*range(-_BESIDE, 0), *range(1, _BESIDE + 1)):
        there = (rank + beside >= 0) & (rank + beside < n)
        other = np.clip(rank + beside, 0, n - 1)
        rows[:, column] = np.where(there, (y[other] - y) / _UNIT_M, 0.0)
        rows[:, column + 1] = there
        column += 2

    used = before.until[0] > -(10**5)
    place = np.where(used, key_y()[before.key[0]], np.repeat(before.hand_y[0], 5) + OFFSET_M)
    until = np.minimum(before.until[0], seen_until)
    rest = np.clip(onset.first - until, -_BEYOND, 20) / _UNIT_STEPS
    block = rows[:, column : column + 4 * N_FINGERS].reshape(n, N_FINGERS, 4)
    block[:, :, 0] = np.clip((place - y[:, None]) / _UNIT_M, -3, 3)
    block[:, :, 1] = rest
    block[:, :, 2] = until >= onset.first
    block[:, :, 3] = used & (before.key[0] == onset.key[:, None])
    rows[:, column : column + 4 * N_FINGERS] = block.reshape(n, -1)
    column += 4 * N_FINGERS
    rows[:, column : column + 2] = np.clip((before.hand_y[0] - y[:, None]) / _UNIT_M, -3, 3)
    rows[:, column + 2 : column + 4] = np.clip(onset.first - before.hand_until[0], 0, 20) / 10
    column += 4

    first, last, key = (array[:_UPCOMING] for array in upcoming)
    near = first <= seen_until
    first, last, key = first[near], last[near], key[near]
    later = rows[:, column:].reshape(n, _UPCOMING, 5)
    later[:, : len(first), 0] = np.clip((key_y()[key] - y[:, None]) / _UNIT_M, -4, 4)
    later[:, : len(first), 1] = (first - onset.first) / _UNIT_STEPS
    later[:, : len(first), 2] = (np.minimum(last, seen_until) - first + 1) / _UNIT_STEPS
    later[:, : len(first), 3] = is_black()[key]
    later[:, : len(first), 4] = 1.0
    rows[:, column:] = later.reshape(n, -1)
    return rows


def choose(scores: Array) -> Ints:
    """Return the fingers (notes,) that fit the network's scores (notes, 10) best, in their order.

    Notes beyond ten go without.
    """
    n = min(len(scores), N_FINGERS)
    choices = choices_of(n)
    best = choices[np.argmax(scores[np.arange(n), choices].sum(axis=1))]
    return np.concatenate([best, np.full(len(scores) - n, UNASSIGNED)])


def follow(before: Partials, onset: Onset, fingers: Ints) -> Partials:
    """Return the fingering so far after the notes of an onset got their fingers."""
    played = fingers != UNASSIGNED
    if not played.any():
        return before
    some = Onset(onset.first, onset.key[played], onset.last[played], onset.given[played])
    return before.following(some, fingers[played])


def onsets(notes: NDArray[np.int64]) -> Sequence[tuple[Onset, Ints]]:
    """Return the onsets of notes (n, 4): first and last step, key, finger; and their rows."""
    order = np.lexsort((notes[:, 2], notes[:, 0]))
    table = notes[order]
    splits = np.flatnonzero(np.diff(table[:, 0])) + 1
    return [
        (Onset(int(table[rows[0], 0]), table[rows, 2], table[rows, 1], table[rows, 3]), order[rows])
        for rows in np.split(np.arange(len(table)), splits)
    ]
