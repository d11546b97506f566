"""What a way to lay ten fingers on the keys costs: stretch, travel, hurry, crossing, black keys."""

from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.config import Config, parameter
from pianomime.hands.fingers import N_FINGERS, fingers_of
from pianomime.piano.geometry import is_black, key_y
from pianomime.timing import Timing

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_ALONG: Final = np.array([4, 3, 2, 1, 0, 5, 6, 7, 8, 9])
"""Fingers by their place along the keyboard, from the left little to the right little finger."""

_PLACE: Final = np.argsort(_ALONG)
_HANDS: Final = (fingers_of(0), fingers_of(1))

_SPREAD_M: Final = np.array([-0.050, -0.022, 0.0, 0.022, 0.044])
OFFSET_M: Final = np.concatenate([-_SPREAD_M, _SPREAD_M])
"""Place of each finger along y about its hand's middle finger [m], (10,): the relaxed Shadow
hand's, with knuckles 22 mm apart, and the thumb 19 mm nearer than it rests. Places measured with
all five on keys (thumb at 67 mm, little finger at 37) made training clips no better to play: F1
0.930 to 0.930 on `pianomime`, 0.821 to 0.812 on `robopianist`."""

GIVE_M: Final = np.tile([0.020, 0.012, 0.010, 0.012, 0.014], 2)
"""How far each finger strays from its place at a cost of 1 [m]: to 2 mm what its own joints reach
along y by turning 0.25 rad in all."""

_WEIGHT: Final = GIVE_M**-2.0
_THUMB_OR_LITTLE: Final = np.tile([1.0, 0.0, 0.0, 0.0, 1.0], 2)
_RING_OR_LITTLE: Final = np.tile([0.0, 0.0, 0.0, 1.0, 1.0], 2)
_LONG_AGO: Final = -(10**6)

_AT_REST_S: Final = 1.0
"""Time for which the hands have been still before the first note."""

_REST_S: Final = 0.1
"""Rest of a finger between two keys at which `hurry` is the cost."""


@dataclass(frozen=True, kw_only=True)
class FingeringConfig(Config):
    """What each demand on the hands costs; 1 is one uncomfortable stretch of one finger."""

    beam: int = parameter(32, "Partial fingerings kept at each onset", ge=1, le=10_000)
    speed: float = parameter(1.0, "Cost of moving a hand at 1 m/s; grows with the square", ge=0.0)
    travel: float = parameter(3.0, "Cost of moving a hand by 1 m", ge=0.0)
    hurry: float = parameter(
        1.0, "Cost of a finger changing keys in 0.1 s; falls with the square", ge=0.0
    )
    crossing: float = parameter(8.0, "Cost of two fingers crossed", ge=0.0)
    black: float = parameter(0.4, "Cost of a thumb or little finger on a black key", ge=0.0)
    weak: float = parameter(0.1, "Cost of a ring or little finger", ge=0.0)
    close_hands: float = parameter(4.0, "Cost of the hands' middles being 0.1 m too close", ge=0.0)
    apart_m: float = parameter(0.12, "Least comfortable distance of the hands' middles [m]", ge=0.0)
    cut: float = parameter(600.0, "Cost of a held note that is cut short by 1 s", ge=0.0)
    other: float = parameter(50.0, "Cost of another finger than the one that is given", ge=0.0)
    dropped: float = parameter(100.0, "Cost of an onset beyond which a note is left out", ge=0.0)


@dataclass(frozen=True)
class Onset:
    """Notes that begin together, rising in pitch.

    Attributes:
        first: Decision at which they begin.
        key: (notes,) their keys.
        last: (notes,) last decision of each.
        given: (notes,) finger that each has already, or `UNASSIGNED`.
    """

    first: int
    key: Ints
    last: Ints
    given: Ints


@dataclass(frozen=True)
class Partials:
    """Partial fingerings: where the hands are and what each finger did last.

    Attributes:
        cost: (b,) so far, rising.
        hand_y: (b, 2) middle of each hand [m].
        hand_until: (b, 2) last decision at which each hand held a key.
        key: (b, 10) key each finger pressed last.
        until: (b, 10) last decision of that note.
        choice: (b,) row of `choices_of` taken at the last onset.
    """

    cost: Array
    hand_y: Array
    hand_until: Ints
    key: Ints
    until: Ints
    choice: Ints

    @classmethod
    def at_rest(cls, timing: Timing) -> "Partials":
        """Return the one fingering that has played nothing."""
        return cls(
            cost=np.zeros(1),
            hand_y=np.array([[-0.2, 0.2]]),
            hand_until=np.full((1, 2), -timing.steps(_AT_REST_S)),
            key=np.zeros((1, N_FINGERS), int),
            until=np.full((1, N_FINGERS), _LONG_AGO),
            choice=np.zeros(1, int),
        )

    def following(self, onset: "Onset", fingers: Ints) -> "Partials":
        """Return the one fingering that continues this one by `fingers` (notes,), rising."""
        (choice,) = np.flatnonzero((choices_of(len(fingers)) == fingers).all(axis=1))
        return self.after(onset, np.zeros(1), np.zeros(1, int), np.array([choice]))

    def after(self, onset: Onset, cost: Array, parent: Ints, choice: Ints) -> "Partials":
        """Return the fingerings that continue `parent` (k,) by `choice` (k,) of `onset`."""
        fingers = choices_of(len(onset.key))[choice]
        rows = np.arange(len(parent))[:, None]
        key, until = self.key[parent], self.until[parent]
        key[rows, fingers], until[rows, fingers] = onset.key, onset.last
        middle, _ = _fit_hands(self, onset)
        hand_until = np.stack([until[:, hand].max(axis=1) for hand in _HANDS], axis=1)
        hand_until = np.maximum(hand_until, self.hand_until[parent])
        return Partials(cost, middle[parent, choice], hand_until, key, until, choice)


@cache
def choices_of(notes: int) -> Ints:
    """Return every way to give `notes` rising notes to ten fingers, (choices, notes)."""
    return np.array([_ALONG[list(c)] for c in combinations(range(N_FINGERS), notes)], np.int64)


@cache
def _used(notes: int) -> Array:
    """Return which fingers each choice uses, as 0 and 1, (choices, 10)."""
    used = np.zeros((len(choices_of(notes)), N_FINGERS))
    np.put_along_axis(used, choices_of(notes), 1.0, axis=1)
    return used


def price(partials: Partials, onset: Onset, timing: Timing, config: FingeringConfig) -> Array:
    """Return the cost so far of each partial fingering with each choice, (b, choices)."""
    choices = choices_of(len(onset.key))
    middle, stretch = _fit_hands(partials, onset)
    cost = partials.cost[:, None] + stretch + _moving(partials, onset, middle, timing, config)
    close = np.maximum(0.0, config.apart_m - (middle[..., 1] - middle[..., 0])) / 0.1
    cost += config.close_hands * close
    cost += _hurry(partials, onset, timing, config)
    cost += config.crossing * _crossings(partials, onset)
    left = np.maximum(partials.until - onset.first + 1, 0)
    cost += config.cut / timing.rate_hz * (left @ _used(len(onset.key)).T)
    awkward = config.black * _THUMB_OR_LITTLE[choices] * is_black()[onset.key]
    cost += (awkward + config.weak * _RING_OR_LITTLE[choices]).sum(axis=1)
    return np.asarray(cost)


def _fit_hands(partials: Partials, onset: Onset) -> tuple[Array, Array]:
    """Return the hands' middles (b, c, 2) that stretch the fingers least, and the stretch (b, c).

    The stretch is a weighted sum of squares about the middle, so three sums over the fingers, of
    the weights, the places and their squares, give both. Fingers that go on holding a key count.
    """
    choices, used = choices_of(len(onset.key)), _used(len(onset.key))
    place = np.zeros((len(choices), N_FINGERS))
    np.put_along_axis(place, choices, key_y()[onset.key] - OFFSET_M[choices], axis=1)
    held = (partials.until >= onset.first) * _WEIGHT
    held_place = key_y()[partials.key] - OFFSET_M
    free = 1.0 - used
    middles, stretch = [], np.zeros((len(held), len(choices)))
    for hand, rest in zip(_HANDS, partials.hand_y.T, strict=True):
        keep = free[:, hand].T
        new, at, kept, kept_at = used[:, hand], place[:, hand], held[:, hand], held_place[:, hand]
        weight = new @ _WEIGHT[hand] + kept @ keep
        first = at @ _WEIGHT[hand] + (kept * kept_at) @ keep
        second = at**2 @ _WEIGHT[hand] + (kept * kept_at**2) @ keep
        busy = weight > 0
        middle = np.where(busy, first / np.where(busy, weight, 1.0), rest[:, None])
        stretch += np.where(busy, second - first * middle, 0.0)
        middles.append(middle)
    return np.stack(middles, axis=-1), stretch


def _moving(
    partials: Partials, onset: Onset, middle: Array, timing: Timing, config: FingeringConfig
) -> Array:
    distance = np.abs(middle - partials.hand_y[:, None])
    time_s = np.maximum(onset.first - partials.hand_until, 1)[:, None] * timing.decision_s
    cost = config.travel * distance + config.speed * (distance / time_s) ** 2
    return np.asarray(cost.sum(axis=2))


def _hurry(partials: Partials, onset: Onset, timing: Timing, config: FingeringConfig) -> Array:
    choices = choices_of(len(onset.key))
    rest = np.maximum(onset.first - partials.until[:, choices], 1)
    changes = partials.key[:, choices] != onset.key
    weight = config.hurry * (_REST_S * timing.rate_hz) ** 2
    return np.asarray(np.sum(weight * changes / rest**2, axis=2))


def _crossings(partials: Partials, onset: Onset) -> Array:
    """Return how many new notes lie on the wrong side of a held one, (b, c)."""
    choices, used = choices_of(len(onset.key)), _used(len(onset.key))
    held = partials.until >= onset.first
    if not held.any():
        return np.zeros((len(held), len(choices)))
    side = np.sign(key_y()[onset.key][:, None] - key_y()[partials.key][:, None, :])  # (b, n, 10)
    place = np.sign(_PLACE[choices][:, :, None] - _PLACE)  # (c, n, 10)
    wrong = (place[None] * side[:, None] < 0) & held[:, None, None]
    return np.asarray(np.einsum("bcnf,cf->bc", wrong, 1.0 - used, optimize=False))
