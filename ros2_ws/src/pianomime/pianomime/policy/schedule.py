"""What each finger has to do next, from the notes that have their fingers."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import FINGERS_PER_HAND, N_FINGERS
from pianomime.policy.finger_choice import COMMIT_STEPS, WINDOW_STEPS

Ints = NDArray[np.int64]

SLOTS: Final = 2
"""Notes of each finger that the networks see: the one it holds or goes to, and the next."""

_NEVER: Final = 10**6


@dataclass(frozen=True)
class Schedule:
    """What each finger of one hand holds or goes to, at many control steps.

    Attributes:
        key: (t, 5, SLOTS) its key; 0 where there is none.
        present: (t, 5, SLOTS) whether there is one.
        begins: (t, 5, SLOTS) steps until the key is to go down; negative while it is held.
        ends: (t, 5, SLOTS) steps until the last step in which it is held.
    """

    key: Ints
    present: NDArray[np.bool_]
    begins: Ints
    ends: Ints

    @classmethod
    def stacked(cls, schedules: Sequence["Schedule"]) -> "Schedule":
        """Return several, one after the other along time."""
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate([getattr(s, name) for s in schedules]) for name in names))

    def contact(self, ahead: int) -> NDArray[np.bool_]:
        """Return whether each finger holds a key at the end of the step `ahead` on, (t, 5)."""
        down = self.present & (self.begins <= ahead) & (ahead <= self.ends)
        return np.asarray(down.any(axis=2))


def one_key_a_finger(notes: Ints) -> Ints:
    """Return notes (n, 4) by onset, each ending before its finger's next."""
    ordered = notes[np.argsort(notes[:, 0], kind="stable")].copy()
    for finger in range(N_FINGERS):
        mine = np.flatnonzero(ordered[:, 3] == finger)
        if len(mine) > 1:
            before_next = np.maximum(ordered[mine[1:], 0] - 1, ordered[mine[:-1], 0])
            ordered[mine[:-1], 1] = np.minimum(ordered[mine[:-1], 1], before_next)
    return ordered


def schedule(notes: Ints, side: int, steps: Ints) -> Schedule:
    """Return what the fingers of hand `side` are to do at each of `steps` (t,).

    Args:
        notes: (n, 4) first and last step, key and finger, from `one_key_a_finger`.
        side: Index into `SIDES`.
        steps: Control steps; of later notes, those are seen that begin within `COMMIT_STEPS`.
    """
    shape = (len(steps), FINGERS_PER_HAND, SLOTS)
    first, last = np.full(shape, _NEVER), np.full(shape, _NEVER)
    key = np.zeros(shape, np.int64)
    for finger in range(FINGERS_PER_HAND):
        mine = notes[notes[:, 3] == side * FINGERS_PER_HAND + finger]
        if not len(mine):
            continue
        at = np.searchsorted(mine[:, 1], steps)  # the first that is not over
        for slot in range(SLOTS):
            rows = np.minimum(at + slot, len(mine) - 1)
            there = at + slot < len(mine)
            first[:, finger, slot] = np.where(there, mine[rows, 0], _NEVER)
            last[:, finger, slot] = mine[rows, 1]
            key[:, finger, slot] = mine[rows, 2]
    begins = first - steps[:, None, None]
    ends = np.minimum(last - steps[:, None, None], WINDOW_STEPS)
    present = begins <= COMMIT_STEPS
    return Schedule(np.where(present, key, 0), present, begins, ends)
