"""One finger of each hand, as a description gives it."""

from dataclasses import dataclass
from typing import Final

from pianomime.hands.mounting import Vector
from pianomime.hands.sided import Sided

_NO_NAME: Final = Sided("", "")
_AT_ITS_ORIGIN: Final[Sided[Vector]] = Sided((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))


@dataclass(frozen=True, kw_only=True)
class Finger:
    """One finger of each hand.

    Attributes:
        name: For people.
        site: Site of the model at the fingertip; empty if `body` and `tip_m` say where it is.
        body: Last body of the finger.
        tip_m: Fingertip in the body's frame [m].
        width_m: Width of the finger where its neighbours would touch it [m].
        place_m: Place along the keyboard in the relaxed hand, from the reference finger, which is
            at 0; negative towards the thumb [m].
        depth_m: Place across the keyboard in the relaxed hand, from the reference finger; positive
            nearer the player [m].
        give_m: Distance from that place that costs 1: about what the finger's own joints reach
            along the keyboard [m].
        weak: Whether using it costs `FingeringConfig.weak`.
        shuns_black: Whether a black key costs it `FingeringConfig.black`.
    """

    name: str
    width_m: float
    place_m: float
    give_m: float
    depth_m: float = 0.0
    site: Sided[str] = _NO_NAME
    body: Sided[str] = _NO_NAME
    tip_m: Sided[Vector] = _AT_ITS_ORIGIN
    weak: bool = False
    shuns_black: bool = False
