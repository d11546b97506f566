"""The two hands, a pianist's ten fingers, and the mark of a note that no finger plays."""

from typing import Final

SIDES: Final = ("lh", "rh")
"""Prefixes of the left and right hand's joints and fingers."""

UNASSIGNED: Final = -1
"""Finger of a note that no finger has been chosen for."""

PIANISTS_PER_HAND: Final = 5
N_PIANISTS_FINGERS: Final = 10

PIANISTS_FINGERS: Final = tuple(
    f"{side}_{finger}" for side in SIDES for finger in ("th", "ff", "mf", "rf", "lf")
)
"""A person's thumb, first, middle, ring and little finger of each hand, as scores and videos have
them. Those of robot hands are in their `FingerLayout`."""


def pianists_side(finger: int) -> int:
    """Return the index into `SIDES` of the hand that a pianist's `finger` belongs to."""
    return finger // PIANISTS_PER_HAND


def pianists_hand(side: int) -> slice:
    """Return where the fingers of a pianist's hand are among the ten."""
    return slice(side * PIANISTS_PER_HAND, (side + 1) * PIANISTS_PER_HAND)
