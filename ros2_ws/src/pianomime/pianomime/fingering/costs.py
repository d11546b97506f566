"""Cost of assigning fingers to keys: stretch, travel, speed, crossings, black keys."""

from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.config import Config, parameter
from pianomime.hands.finger_layout import FingerLayout
from pianomime.hands.hand_spec import HandSpec
from pianomime.piano.geometry import is_black, key_y
from pianomime.timing import Timing

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_LONG_AGO: Final = -(10**6)

_AT_REST_S: Final = 1.0
"""Time for which the hands have been still before the first note."""

_BLACK_IN_M: Final = 0.05
"""How much farther in black keys are pressed than white ones: `FingertipPlanConfig`'s places."""

_GIVE_ACROSS_M: Final = 0.03
"""Distance of a finger in or out of its place in the hand at which `depth` is the cost."""

_REST_S: Final = 0.1
"""Rest of a finger between two keys at which `hurry` is the cost."""


@dataclass(frozen=True, kw_only=True)
class FingeringConfig(Config):
    """What each demand on the hands costs; 1 is one uncomfortable stretch of one finger."""

    beam: int = parameter(32, "Partial fingerings kept at each onset", ge=1, le=10_000)
    speed: float = parameter(
        11.0, "Cost of moving a hand at 1 m/s from one of its onsets to the next", ge=0.0
    )
    depth: float = parameter(
        4.0, "Cost of a finger 0.03 m too far in or out for its hand; grows with the square", ge=0.0
    )
    travel: float = parameter(3.0, "Cost of moving a hand by 1 m", ge=0.0)
    late: float = parameter(
        0.0, "Cost of a hand that comes 0.1 s too late, where leaps are to be few", ge=0.0
    )
    leap_slack_m: float = parameter(
        0.02, "Distance that the fingers cover without the hand [m]", ge=0.0
    )
    leap_acceleration: float = parameter(16.0, "Acceleration of a leap [m/s^2]", ge=0.1)
    hurry: float = parameter(
        5.0, "Cost of a finger changing keys in 0.1 s; falls with the square", ge=0.0
    )
    crossing: float = parameter(8.0, "Cost of two fingers crossed", ge=0.0)
    crowded: float = parameter(
        5.0, "Cost of two fingers on keys that are nearer than the fingers are wide", ge=0.0
    )
    black: float = parameter(1.0, "Cost of a thumb or little finger on a black key", ge=0.0)
    weak: float = parameter(0.1, "Cost of a ring or little finger", ge=0.0)
    close_hands: float = parameter(4.0, "Cost of the hands' middles being 0.1 m too close", ge=0.0)
    apart_m: float = parameter(0.12, "Least comfortable distance of the hands' middles [m]", ge=0.0)
    cut: float = parameter(600.0, "Cost of a held note that is cut short by 1 s", ge=0.0)
    other: float = parameter(50.0, "Cost of another finger than the one that is given", ge=0.0)
    inner: float = parameter(
        20.0, "Cost of leaving out an inner note, about that of a wrong one", ge=0.0
    )
    outer: float = parameter(
        100.0, "Cost of leaving out melody or bass, where nothing is between", ge=0.0
    )

    @classmethod
    def of(cls, spec: HandSpec, **more: int) -> "FingeringConfig":
        """Return what suits the hands of `spec`, and `more`.

        Raises:
            ModelError: Its tuning names what there is not, or is out of range.
        """
        return spec.tuned(cls, spec.planning.fingering, **more)


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
        layout: The hands' fingers.
        cost: (b,) so far, rising.
        hand_y: (b, 2) middle of each hand [m].
        hand_x: (b, 2) how far out each hand is, from where its reference finger presses white
            keys [m].
        hand_since: (b, 2) decision of each hand's last onset.
        hand_until: (b, 2) last decision at which each hand held a key.
        key: (b, fingers) key each finger pressed last.
        until: (b, fingers) last decision of that note.
        choice: (b,) row of `choices_of` taken at the last onset.
    """

    layout: FingerLayout
    cost: Array
    hand_y: Array
    hand_x: Array
    hand_since: Ints
    hand_until: Ints
    key: Ints
    until: Ints
    choice: Ints

    @classmethod
    def at_rest(cls, layout: FingerLayout, timing: Timing) -> "Partials":
        """Return the one fingering that has played nothing."""
        return cls(
            layout=layout,
            cost=np.zeros(1),
            hand_y=np.array([[-0.2, 0.2]]),
            hand_x=np.zeros((1, 2)),
            hand_since=np.full((1, 2), -timing.steps(_AT_REST_S)),
            hand_until=np.full((1, 2), -timing.steps(_AT_REST_S)),
            key=np.zeros((1, layout.count), int),
            until=np.full((1, layout.count), _LONG_AGO),
            choice=np.zeros(1, int),
        )

    def following(self, onset: "Onset", fingers: Ints) -> "Partials":
        """Return the one fingering that continues this one by `fingers` (notes,), rising."""
        (choice,) = np.flatnonzero((choices_of(len(fingers), self.layout) == fingers).all(axis=1))
        return self.after(onset, np.zeros(1), np.zeros(1, int), np.array([choice]))

    def after(self, onset: Onset, cost: Array, parent: Ints, choice: Ints) -> "Partials":
        """Return the fingerings that continue `parent` (k,) by `choice` (k,) of `onset`."""
        fingers = choices_of(len(onset.key), self.layout)[choice]
        rows = np.arange(len(parent))[:, None]
        key, until = self.key[parent], self.until[parent]
        key[rows, fingers], until[rows, fingers] = onset.key, onset.last
        middle, _ = _along(self, onset)
        out, _ = _across(self, onset)
        hands = self.layout.hands
        side = fingers // self.layout.per_hand
        plays = (side[:, :, None] == np.arange(len(hands))).any(axis=1)
        since = np.where(plays, onset.first, self.hand_since[parent])
        hand_until = np.stack([until[:, hand].max(axis=1) for hand in hands], axis=1)
        hand_until = np.maximum(hand_until, self.hand_until[parent])
        return Partials(
            layout=self.layout,
            cost=cost,
            hand_y=middle[parent, choice],
            hand_x=out[parent, choice],
            hand_since=since,
            hand_until=hand_until,
            key=key,
            until=until,
            choice=choice,
        )


def choices_of(notes: int, layout: FingerLayout) -> Ints:
    """Return every way to give `notes` rising notes to the hands' fingers, (choices, notes)."""
    return _choices(notes, tuple(layout.along.tolist()))


@cache
def _choices(notes: int, along: tuple[int, ...]) -> Ints:
    order = np.array(along)
    return np.array([order[list(c)] for c in combinations(range(len(along)), notes)], np.int64)


def _used(notes: int, layout: FingerLayout) -> Array:
    """Return which fingers each choice uses, as 0 and 1, (choices, fingers)."""
    return _used_by(notes, tuple(layout.along.tolist()))


@cache
def _used_by(notes: int, along: tuple[int, ...]) -> Array:
    choices = _choices(notes, along)
    used = np.zeros((len(choices), len(along)))
    np.put_along_axis(used, choices, 1.0, axis=1)
    return used


def price(partials: Partials, onset: Onset, timing: Timing, config: FingeringConfig) -> Array:
    """Return the cost so far of each partial fingering with each choice, (b, choices)."""
    layout = partials.layout
    choices = choices_of(len(onset.key), layout)
    middle, stretch = _along(partials, onset)
    out, depth = _across(partials, onset)
    cost = partials.cost[:, None] + stretch + config.depth * depth
    cost += _moving(partials, onset, middle, out, timing, config)
    close = np.maximum(0.0, config.apart_m - (middle[..., 1] - middle[..., 0])) / 0.1
    cost += config.close_hands * close
    cost += _hurry(partials, onset, timing, config)
    cost += config.crossing * _crossings(partials, onset)
    if len(layout.apart_m):
        cost += config.crowded * _crowded(partials, onset)
    left = np.maximum(partials.until - onset.first + 1, 0)
    cost += config.cut / timing.rate_hz * (left @ _used(len(onset.key), layout).T)
    awkward = config.black * layout.shuns_black[choices] * is_black()[onset.key]
    cost += (awkward + config.weak * layout.weak[choices]).sum(axis=1)
    return np.asarray(cost)


def _along(partials: Partials, onset: Onset) -> tuple[Array, Array]:
    """Return the hands' middles along the keyboard and the fingers' stretch, see `_fit_hands`."""
    layout = partials.layout
    return _fit_hands(partials, onset, key_y(), layout.offset_m, layout.give_m, partials.hand_y)


def _across(partials: Partials, onset: Onset) -> tuple[Array, Array]:
    """Return how far out the hands are, and the fingers' stretch across the keys.

    A thumb on a black key takes the longer fingers far in over the white ones.
    """
    layout = partials.layout
    give = np.full(layout.count, _GIVE_ACROSS_M)
    return _fit_hands(partials, onset, _key_x(), layout.depth_m, give, partials.hand_x)


@cache
def _key_x() -> Array:
    return np.where(is_black(), -_BLACK_IN_M, 0.0)


def _fit_hands(
    partials: Partials, onset: Onset, key_place: Array, offset: Array, give: Array, rest: Array
) -> tuple[Array, Array]:
    """Return the hands' places (b, c, 2) that stretch the fingers least, and the stretch (b, c).

    The stretch is a weighted sum of squares about the place, so three sums over the fingers, of
    the weights, the places and their squares, give both. Fingers that go on holding a key count.

    Args:
        partials: Where the fingers are.
        onset: New notes.
        key_place: (88,) place of each key [m].
        offset: (f,) place of each finger in its relaxed hand [m].
        give: (f,) distance from it that costs 1 [m].
        rest: (b, 2) where the hands stay that have nothing to press [m].
    """
    layout = partials.layout
    choices, used = choices_of(len(onset.key), layout), _used(len(onset.key), layout)
    place = np.zeros((len(choices), layout.count))
    np.put_along_axis(place, choices, key_place[onset.key] - offset[choices], axis=1)
    weights = give**-2.0
    held = (partials.until >= onset.first) * weights
    held_place = key_place[partials.key] - offset
    free = 1.0 - used
    middles, stretch = [], np.zeros((len(held), len(choices)))
    for hand, stay in zip(layout.hands, rest.T, strict=True):
        keep = free[:, hand].T
        new, at, kept, kept_at = used[:, hand], place[:, hand], held[:, hand], held_place[:, hand]
        weight = new @ weights[hand] + kept @ keep
        first = at @ weights[hand] + (kept * kept_at) @ keep
        second = at**2 @ weights[hand] + (kept * kept_at**2) @ keep
        busy = weight > 0
        middle = np.where(busy, first / np.where(busy, weight, 1.0), stay[:, None])
        stretch += np.where(busy, second - first * middle, 0.0)
        middles.append(middle)
    return np.stack(middles, axis=-1), stretch


def _moving(
    partials: Partials,
    onset: Onset,
    middle: Array,
    out: Array,
    timing: Timing,
    config: FingeringConfig,
) -> Array:
    distance = np.abs(middle - partials.hand_y[:, None])
    way = np.hypot(distance, out - partials.hand_x[:, None])
    since_s = np.maximum(onset.first - partials.hand_since, 1)[:, None] * timing.decision_s
    cost = config.travel * distance + config.speed * way / since_s
    if config.late:
        time_s = np.maximum(onset.first - partials.hand_until, 1)[:, None] * timing.decision_s
        beyond = np.maximum(distance - config.leap_slack_m, 0.0)
        late_s = 2 * np.sqrt(beyond / config.leap_acceleration) - (time_s - timing.decision_s)
        cost += config.late * np.maximum(late_s, 0.0) / 0.1
    return np.asarray(cost.sum(axis=2))


def _hurry(partials: Partials, onset: Onset, timing: Timing, config: FingeringConfig) -> Array:
    choices = choices_of(len(onset.key), partials.layout)
    rest = np.maximum(onset.first - partials.until[:, choices], 1)
    changes = partials.key[:, choices] != onset.key
    weight = config.hurry * (_REST_S * timing.rate_hz) ** 2
    return np.asarray(np.sum(weight * changes / rest**2, axis=2))


def _crowded(partials: Partials, onset: Onset) -> Array:
    """Return the pairs of fingers on keys that are too near for them, held ones included, (b, c).

    Fingers of a hand that lie between two others need room there, too.
    """
    layout = partials.layout
    choices, used = choices_of(len(onset.key), layout), _used(len(onset.key), layout)
    y = key_y()[onset.key]
    together = np.diff(y) < layout.room_m[choices[:, :-1], choices[:, 1:]]  # (c, n - 1)
    held = partials.until >= onset.first
    if not held.any():
        return np.broadcast_to(together.sum(axis=1), (len(held), len(choices)))
    distance = np.abs(y[:, None] - key_y()[partials.key][:, None, :])  # (b, n, f)
    near = (distance[:, None] < layout.room_m[choices]) & held[:, None, None]
    crowded = np.einsum("bcnf,cf->bc", near, 1.0 - used, optimize=False)
    return np.asarray(crowded + together.sum(axis=1))


def _crossings(partials: Partials, onset: Onset) -> Array:
    """Return how many new notes lie on the wrong side of a held one, (b, c)."""
    layout = partials.layout
    choices, used = choices_of(len(onset.key), layout), _used(len(onset.key), layout)
    held = partials.until >= onset.first
    if not held.any():
        return np.zeros((len(held), len(choices)))
    side = np.sign(key_y()[onset.key][:, None] - key_y()[partials.key][:, None, :])  # (b, n, f)
    place = np.argsort(layout.along)
    place = np.sign(place[choices][:, :, None] - place)  # (c, n, f)
    wrong = (place[None] * side[:, None] < 0) & held[:, None, None]
    return np.asarray(np.einsum("bcnf,cf->bc", wrong, 1.0 - used, optimize=False))
