"""What each finger has to do next, from the notes that have their fingers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.finger_layout import FingerLayout
from pianomime.hands.fingers import SIDES
from pianomime.policy.finger_choice import COMMIT_S, LOOKAHEAD_S, UNIT_S
from pianomime.score.step_notes import StepNote
from pianomime.timing import Timing

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

SLOTS: Final = 2
"""Notes of each finger that the networks see: the one it holds or goes to, and the next."""

_HELD_S: Final = 0.25
"""Of a note that has begun longer ago, that much is seen [s]."""

_NEVER: Final = 10**6


@dataclass(frozen=True)
class Schedule:
    """Keys that the fingers of a hand hold or go to, at many decisions or for both hands.

    Attributes:
        timing: Of the decisions.
        key: (t, fingers, SLOTS) its key; 0 where there is none.
        present: (t, fingers, SLOTS) whether there is one.
        begins: (t, fingers, SLOTS) decisions until the key goes down; negative while it is held.
        ends: (t, fingers, SLOTS) decisions until the last in which it is held.
    """

    timing: Timing
    key: Ints
    present: NDArray[np.bool_]
    begins: Ints
    ends: Ints

    @classmethod
    def empty(cls, rows: int, timing: Timing, layout: FingerLayout) -> "Schedule":
        """Return a schedule without keys."""
        zeros = np.zeros((rows, layout.per_hand, SLOTS), np.int64)
        return cls(timing, zeros, zeros.astype(bool), zeros, zeros)

    def contacts(self, steps: int) -> NDArray[np.bool_]:
        """Return whether each finger holds a key at the ends of decisions, (t, steps, fingers)."""
        ahead = np.arange(steps)[:, None, None]
        begins, ends = self.begins[:, None], self.ends[:, None]
        down = self.present[:, None] & (begins <= ahead) & (ahead <= ends)
        return np.asarray(down.any(axis=3))

    def scaled(self, until: Ints) -> Array:
        """Return numbers of decisions as the networks see them: bounded, in units of `UNIT_S`."""
        bounded = np.clip(until, -self.timing.steps(_HELD_S), self.timing.steps(COMMIT_S))
        return np.asarray(bounded / (UNIT_S * self.timing.rate_hz))


def schedule(
    notes: Sequence[StepNote], steps: Ints, timing: Timing, layout: FingerLayout
) -> Schedule:
    """Return the schedule of both hands, 2 t rows: those of the left hand, then the right's.

    Args:
        notes: From `one_key_a_finger`.
        steps: (t,) decisions; of later notes, those are seen that begin within `COMMIT_S`.
        timing: Of the decisions.
        layout: The hands' fingers.
    """
    shape = (len(SIDES), len(steps), layout.per_hand, SLOTS)
    first, last = np.full(shape, _NEVER), np.full(shape, _NEVER)
    key = np.zeros(shape, np.int64)
    by_finger: dict[int, list[StepNote]] = {}
    for note in notes:
        by_finger.setdefault(note.finger, []).append(note)
    for finger, mine in by_finger.items():
        side, place = divmod(finger, layout.per_hand)
        firsts, lasts, keys = np.array([(n.first, n.last, n.key) for n in mine]).T
        at = np.searchsorted(lasts, steps)  # the first that is not over
        for slot in range(SLOTS):
            rows = np.minimum(at + slot, len(mine) - 1)
            there = at + slot < len(mine)
            first[side, :, place, slot] = np.where(there, firsts[rows], _NEVER)
            last[side, :, place, slot] = lasts[rows]
            key[side, :, place, slot] = keys[rows]
    begins = first - steps[:, None, None]
    ends = np.minimum(last - steps[:, None, None], timing.steps(LOOKAHEAD_S))
    present = begins <= timing.steps(COMMIT_S)
    rows_of = (len(SIDES) * len(steps), layout.per_hand, SLOTS)
    parts = (np.where(present, key, 0), present, begins, ends)
    return Schedule(timing, *(part.reshape(rows_of) for part in parts))
