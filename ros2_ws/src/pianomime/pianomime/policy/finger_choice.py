"""Inputs and outputs of the network that assigns fingers, onset by onset."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.fingering.costs import Onset, Partials, choices_of
from pianomime.hands.finger_layout import FingerLayout
from pianomime.hands.fingers import UNASSIGNED
from pianomime.piano.geometry import is_black, key_y
from pianomime.score.step_notes import StepNote
from pianomime.timing import Timing

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

COMMIT_S: Final = 0.8
"""Time before its onset at which a note gets its finger for good [s]."""

LOOKAHEAD_S: Final = 1.5
"""Time that the generalist looks ahead [s]."""

UNIT_S: Final = 0.5
"""Unit of time in the networks' inputs [s]."""

_RECENT_S: Final = 1.0
"""Rests of fingers and hands longer than this look alike [s]."""

_UPCOMING: Final = 16
_BESIDE: Final = 4
_UNIT_M: Final = 0.1
_NEVER: Final = -(10**5)

_CHORD: Final = 5
"""Unit of the number of notes that begin together."""


def choice_input_count(layout: FingerLayout) -> int:
    """Return the number of columns of `choice_inputs`."""
    return 6 + 4 * _BESIDE + 4 * layout.count + 4 + 5 * _UPCOMING


def upcoming(notes: Sequence[StepNote], first: int) -> Sequence[StepNote]:
    """Return the notes that follow an onset at decision `first`, of `notes` by onset then key."""
    after = bisect_right(notes, first, key=lambda note: note.first)
    return notes[after : after + _UPCOMING]


def choice_inputs(
    before: Partials, onset: Onset, later: Sequence[StepNote], timing: Timing
) -> Floats:
    """Return the network's inputs for each note of an onset, (notes, inputs).

    Args:
        before: The one fingering so far.
        onset: The notes that begin together.
        later: Those that follow, from `upcoming`.
        timing: Of the decisions.
    """
    seen_until = onset.first + _beyond(timing)
    parts = (
        _of_onset(onset, seen_until, timing),
        _of_fingers(before, onset, seen_until, timing),
        _of_later(onset, later, seen_until, timing),
    )
    return np.concatenate(parts, axis=1, dtype=np.float32)


def _beyond(timing: Timing) -> int:
    """Return how many decisions after its onset a note's future is seen when it gets its finger."""
    return timing.steps(LOOKAHEAD_S) - timing.steps(COMMIT_S)


def _of_onset(onset: Onset, seen_until: int, timing: Timing) -> Array:
    """Return each note's place, length and neighbours in the chord."""
    y, n = key_y()[onset.key], len(onset.key)
    duration = np.minimum(onset.last, seen_until) - onset.first + 1
    rank = np.arange(n)
    columns = [
        is_black()[onset.key],
        duration / (UNIT_S * timing.rate_hz),
        y,
        np.full(n, n / _CHORD),
        rank / _CHORD,
        (n - 1 - rank) / _CHORD,
    ]
    for beside in (*range(-_BESIDE, 0), *range(1, _BESIDE + 1)):
        there = (rank + beside >= 0) & (rank + beside < n)
        other = np.clip(rank + beside, 0, n - 1)
        columns += [np.where(there, (y[other] - y) / _UNIT_M, 0.0), there]
    return np.stack(columns, axis=1)


def _of_fingers(before: Partials, onset: Onset, seen_until: int, timing: Timing) -> Array:
    """Return each finger's place and rest, and each hand's, as seen from each note."""
    y, n = key_y()[onset.key], len(onset.key)
    unit, recent = UNIT_S * timing.rate_hz, timing.steps(_RECENT_S)
    used = before.until[0] > _NEVER
    layout = before.layout
    at_rest = np.repeat(before.hand_y[0], layout.per_hand) + layout.offset_m
    place = np.where(used, key_y()[before.key[0]], at_rest)
    until = np.minimum(before.until[0], seen_until)
    fingers = np.empty((n, layout.count, 4))
    fingers[:, :, 0] = np.clip((place - y[:, None]) / _UNIT_M, -3, 3)
    fingers[:, :, 1] = np.clip(onset.first - until, -_beyond(timing), recent) / unit
    fingers[:, :, 2] = until >= onset.first
    fingers[:, :, 3] = used & (before.key[0] == onset.key[:, None])
    hands = np.empty((n, 4))
    hands[:, :2] = np.clip((before.hand_y[0] - y[:, None]) / _UNIT_M, -3, 3)
    hands[:, 2:] = np.clip(onset.first - before.hand_until[0], 0, recent) / unit
    return np.concatenate([fingers.reshape(n, -1), hands], axis=1)


def _of_later(onset: Onset, later: Sequence[StepNote], seen_until: int, timing: Timing) -> Array:
    """Return the notes that follow, as seen from each note."""
    y, unit = key_y()[onset.key], UNIT_S * timing.rate_hz
    near = [note for note in later if note.first <= seen_until]
    first, last, key = (
        np.array([getattr(note, name) for note in near], np.int64)
        for name in ("first", "last", "key")
    )
    columns = np.zeros((len(y), _UPCOMING, 5))
    seen = columns[:, : len(near)]
    seen[:, :, 0] = np.clip((key_y()[key] - y[:, None]) / _UNIT_M, -4, 4)
    seen[:, :, 1] = (first - onset.first) / unit
    seen[:, :, 2] = (np.minimum(last, seen_until) - first + 1) / unit
    seen[:, :, 3] = is_black()[key]
    seen[:, :, 4] = 1.0
    return columns.reshape(len(y), -1)


def choose(scores: Array, layout: FingerLayout) -> Ints:
    """Return the best-scored fingers (notes,) in their order along the keyboard.

    Args:
        scores: (notes, fingers) of the network; notes beyond the fingers remain unassigned.
        layout: The hands' fingers.
    """
    n = min(len(scores), layout.count)
    choices = choices_of(n, layout)
    best = choices[np.argmax(scores[np.arange(n), choices].sum(axis=1))]
    return np.concatenate([best, np.full(len(scores) - n, UNASSIGNED)])


def follow(before: Partials, onset: Onset, fingers: Ints) -> Partials:
    """Return the fingering so far after the notes of an onset got their fingers."""
    played = fingers != UNASSIGNED
    if not played.any():
        return before
    some = Onset(onset.first, onset.key[played], onset.last[played], onset.given[played])
    return before.following(some, fingers[played])
