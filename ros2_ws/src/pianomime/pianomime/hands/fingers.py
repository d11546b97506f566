"""The ten fingers in the order used everywhere: left thumb .. little, right thumb .. little."""

from typing import Final

SIDES: Final = ("lh", "rh")
"""Shadow's prefixes of the left and right hand."""

FINGERS_PER_HAND: Final = 5
N_FINGERS: Final = 10

UNASSIGNED: Final = -1
"""Finger of a note that no finger has been chosen for."""

_SHADOW: Final = ("th", "ff", "mf", "rf", "lf")
FINGER_NAMES: Final = tuple(f"{side}_{finger}" for side in SIDES for finger in _SHADOW)
"""Shadow's names: thumb, first, middle, ring and little finger of each hand."""

FINGERTIP_SITES: Final = tuple(f"{finger}distal_site" for finger in _SHADOW)
"""robopianist's fingertip sites of one hand, thumb .. little."""


def side_of(finger: int) -> int:
    """Return the index into `SIDES` of the hand that `finger` (0 .. 9) belongs to."""
    return finger // FINGERS_PER_HAND


def fingers_of(side: int) -> slice:
    """Return where the fingers of hand `side` (an index into `SIDES`) are among the ten."""
    return slice(side * FINGERS_PER_HAND, (side + 1) * FINGERS_PER_HAND)
