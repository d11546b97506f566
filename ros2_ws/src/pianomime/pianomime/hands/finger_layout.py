"""The fingers of both hands in one order: the left hand's, thumb first, then the right hand's."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.finger import Finger
from pianomime.hands.fingers import N_PIANISTS_FINGERS, PIANISTS_PER_HAND, SIDES, UNASSIGNED

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FingerLayout:
    """Where the fingers of both relaxed hands are along the keyboard, and what they are good for.

    Attributes:
        names: (f,) side and name of each.
        per_hand: Fingers of each hand.
        reference: Index in its hand of the finger that a hand's place is measured at.
        offset_m: (f,) place of each finger along y from its hand's reference finger [m].
        depth_m: (f,) place of each finger across the keyboard from it, positive nearer the player
            [m].
        give_m: (f,) distance from that place that costs 1 [m].
        apart_m: (per_hand - 1,) least distance along y of each fingertip from the next one of its
            hand [m]; empty if that is not minded.
        weak: (f,) 1 for a weak finger, else 0.
        shuns_black: (f,) 1 for a finger that is awkward on black keys, else 0.
        along: (f,) fingers in their order along the keyboard, from the left.
    """

    names: tuple[str, ...]
    per_hand: int
    reference: int
    offset_m: Array
    depth_m: Array
    give_m: Array
    apart_m: Array
    weak: Array
    shuns_black: Array
    along: NDArray[np.int64]

    @cached_property
    def room_m(self) -> Array:
        """Least distance along y of each two fingers of a hand, (f, f) [m]; else 0."""
        place = np.concatenate(([0.0], np.cumsum(self.apart_m)))
        own = np.abs(place[:, None] - place)
        return np.kron(np.eye(len(SIDES)), own)

    @classmethod
    def of(cls, fingers: Sequence[Finger], keep_apart: bool) -> "FingerLayout":
        """Lay out two mirrored hands with these fingers."""
        n = len(fingers)
        place = np.array([finger.place_m for finger in fingers])
        width = np.array([finger.width_m for finger in fingers])
        both = [(finger, side) for side in SIDES for finger in fingers]
        return cls(
            names=tuple(f"{side}_{finger.name}" for finger, side in both),
            per_hand=n,
            reference=int(np.flatnonzero(place == 0.0)[0]),
            offset_m=np.concatenate([-place, place]),
            depth_m=np.array([finger.depth_m for finger, _ in both]),
            give_m=np.array([finger.give_m for finger, _ in both]),
            apart_m=0.5 * (width[1:] + width[:-1]) if keep_apart else np.zeros(0),
            weak=np.array([float(finger.weak) for finger, _ in both]),
            shuns_black=np.array([float(finger.shuns_black) for finger, _ in both]),
            along=np.concatenate([np.arange(n)[::-1], np.arange(n, 2 * n)]),
        )

    def of_pianist(self, fingers: Sequence[int]) -> list[int]:
        """Return the fingers that stand for a pianist's; `UNASSIGNED` where a hand has fewer.

        `fingers` are indices of `PIANISTS_FINGERS`, or `UNASSIGNED`.
        """
        ours = []
        for finger in fingers:
            side, digit = divmod(finger, PIANISTS_PER_HAND)
            there = finger != UNASSIGNED and digit < self.per_hand
            ours.append(side * self.per_hand + digit if there else UNASSIGNED)
        return ours

    def as_pianist(self, values: Array) -> Array:
        """Return values (t, 10, ...) of a pianist's fingers for these, (t, f, ...).

        NaN where a hand has more fingers.
        """
        ours = np.array(self.of_pianist(range(N_PIANISTS_FINGERS)))
        there = ours != UNASSIGNED
        result = np.full((len(values), self.count, *values.shape[2:]), np.nan)
        result[:, ours[there]] = values[:, there]
        return result

    @property
    def count(self) -> int:
        """Number of fingers of both hands."""
        return len(self.names)

    def side_of(self, finger: int) -> int:
        """Return the index into `SIDES` of the hand that `finger` belongs to."""
        return finger // self.per_hand

    def of_side(self, side: int) -> slice:
        """Return where the fingers of hand `side` (an index into `SIDES`) are among all."""
        return slice(side * self.per_hand, (side + 1) * self.per_hand)

    @property
    def hands(self) -> tuple[slice, ...]:
        """Where the fingers of each hand are among all."""
        return tuple(self.of_side(side) for side in range(len(SIDES)))
