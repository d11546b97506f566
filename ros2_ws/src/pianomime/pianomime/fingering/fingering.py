"""Choose a finger for every note of a score: beam search over the ways to lay ten fingers.

At each onset the notes, low to high, go to fingers in their order along the keyboard, so one
choice is a combination of the ten fingers. A choice costs what it asks of the hands: stretch away
from the relaxed spread, travel in the time there is, one finger hurrying from key to key, fingers
crossing, thumbs and little fingers on black keys.
"""

from dataclasses import dataclass
from functools import cache
from itertools import combinations, groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.config import Config, parameter
from pianomime.hands.fingers import FINGERS_PER_HAND, N_FINGERS, UNASSIGNED
from pianomime.piano.geometry import is_black, key_y
from pianomime.score.goals import KeyGoals, StepNote
from pianomime.score.score import Score

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_ALONG: Final = np.array([4, 3, 2, 1, 0, 5, 6, 7, 8, 9])
"""Fingers by their place along the keyboard, from the left little to the right little finger."""

_PLACE: Final = np.argsort(_ALONG)
_HAND: Final = np.arange(N_FINGERS) // FINGERS_PER_HAND
_HAND_OF: Final = np.equal.outer(_HAND, np.arange(2)).astype(float)

_SPREAD_M: Final = np.array([-0.050, -0.022, 0.0, 0.022, 0.044])
OFFSET_M: Final = np.concatenate([-_SPREAD_M, _SPREAD_M])
"""Relaxed place of each finger along y about its hand's middle finger [m], (10,): the Shadow
hand's knuckles are 22 mm apart."""

_GIVE_M: Final = np.tile([0.020, 0.012, 0.010, 0.012, 0.014], 2)
"""How far each finger strays from its relaxed place at a cost of 1 [m]."""

_THUMB_OR_LITTLE: Final = np.tile([1.0, 0.0, 0.0, 0.0, 1.0], 2)
_RING_OR_LITTLE: Final = np.tile([0.0, 0.0, 0.0, 1.0, 1.0], 2)

_DROPPED: Final = 100.0
_NOT_AS_GIVEN: Final = 1000.0


@dataclass(frozen=True, kw_only=True)
class FingeringConfig(Config):
    """What each demand on the hands costs; 1 is one uncomfortable stretch of one finger."""

    beam: int = parameter(32, "Partial fingerings kept at each onset", ge=1, le=10_000)
    speed: float = parameter(1.0, "Cost of moving a hand at 1 m/s; grows with the square", ge=0.0)
    travel: float = parameter(3.0, "Cost of moving a hand by 1 m", ge=0.0)
    hurry: float = parameter(4.0, "Cost of a finger changing keys without a rest", ge=0.0)
    crossing: float = parameter(8.0, "Cost of two fingers crossed", ge=0.0)
    black: float = parameter(0.4, "Cost of a thumb or little finger on a black key", ge=0.0)
    weak: float = parameter(0.1, "Cost of a ring or little finger", ge=0.0)
    close_hands: float = parameter(4.0, "Cost of the hands' middles being 0.1 m too close", ge=0.0)
    apart_m: float = parameter(0.12, "Least comfortable distance of the hands' middles [m]", ge=0.0)


@dataclass(frozen=True)
class _State:
    """One partial fingering: where the hands are, what each finger did last, and the cost."""

    cost: float
    hand_y: Array  # (2,) middle of each hand [m]
    hand_until: Ints  # (2,) last step at which each hand held a key
    key: Ints  # (10,) key last pressed
    until: Ints  # (10,) last step of that note
    chosen: tuple[int, ...]  # finger of each note of the last onset
    before: "_State | None"


def assign_fingers(
    score: Score, goals: KeyGoals, dt_s: float, config: FingeringConfig | None = None
) -> Score:
    """Return the score with a finger for each note, or `UNASSIGNED` where all ten were taken.

    Args:
        score: Notes whose finger is already given keep it where it is free.
        goals: The score on the grid of control steps of `dt_s` [s].
        dt_s: Control step [s].
        config: Costs.
    """
    config = config or FingeringConfig()
    groups = [list(group) for _, group in groupby(_in_time(goals), key=lambda note: note.first)]
    beam = [
        _State(
            cost=0.0,
            hand_y=np.array([-0.2, 0.2]),
            hand_until=np.array([-20, -20]),
            key=np.zeros(N_FINGERS, int),
            until=np.full(N_FINGERS, -(10**6)),
            chosen=(),
            before=None,
        )
    ]
    for group in groups:
        group.sort(key=lambda note: score.notes[note.index].key)
        children = [child for state in beam for child in _extend(state, group, score, dt_s, config)]
        children.sort(key=lambda child: child.cost)
        beam = _distinct(children, config.beam)
    fingers = np.full(len(score.notes), UNASSIGNED)
    state: _State | None = beam[0]
    for group in reversed(groups):
        assert state is not None
        for note, finger in zip(group, state.chosen, strict=True):
            fingers[note.index] = finger
        state = state.before
    return score.with_fingers(fingers.tolist())


def _in_time(goals: KeyGoals) -> list[StepNote]:
    return sorted(goals.notes, key=lambda note: note.first)


@cache
def _combinations(free: tuple[int, ...], notes: int) -> Ints:
    """Return every way to give `notes` rising notes to the fingers at `free` places."""
    return np.array([[_ALONG[place] for place in c] for c in combinations(free, notes)], int)


def _extend(
    state: _State, group: list[StepNote], score: Score, dt_s: float, config: FingeringConfig
) -> list[_State]:
    """Return the best continuations of `state` by the notes of one onset, which rise in pitch."""
    first = group[0].first
    held = state.until >= first
    free = tuple(int(p) for p in range(N_FINGERS) if not held[_ALONG[p]])
    play = _most_important(group, score, len(free))
    notes = [group[i] for i in play]
    keys = np.array([score.notes[note.index].key for note in notes], int)
    choices = _combinations(free, len(notes))  # (c, notes)
    y = np.full((len(choices), N_FINGERS), np.nan)
    y[:, held] = key_y()[state.key[held]]
    np.put_along_axis(y, choices, np.broadcast_to(key_y()[keys], choices.shape), axis=1)

    middle, stretch = _fit_hands(y, state.hand_y)
    cost = stretch + _movement_cost(middle, state, first, dt_s, config)
    cost += _finger_cost(choices, keys, state, first, config)
    cost += config.crossing * _crossings(choices, keys, held, state)
    close = np.maximum(0.0, config.apart_m - (middle[:, 1] - middle[:, 0])) / 0.1
    cost += config.close_hands * close
    given = np.array([score.notes[note.index].finger for note in notes], int)
    cost += _NOT_AS_GIVEN * np.sum((given >= 0) & (choices != given), axis=1)
    cost += _DROPPED * (len(group) - len(notes))

    last = np.array([note.last for note in notes], int)
    children = []
    for c in np.argsort(cost, kind="stable")[: config.beam]:
        key, until, hand_until = state.key.copy(), state.until.copy(), state.hand_until.copy()
        key[choices[c]], until[choices[c]] = keys, last
        np.maximum.at(hand_until, _HAND[choices[c]], last)
        chosen = np.full(len(group), UNASSIGNED)
        chosen[play] = choices[c]
        children.append(
            _State(
                state.cost + float(cost[c]),
                middle[c],
                hand_until,
                key,
                until,
                tuple(int(f) for f in chosen),
                state,
            )
        )
    return children


def _most_important(group: list[StepNote], score: Score, room: int) -> list[int]:
    """Return which notes to play where there is `room`: outer voices first, then the loudest."""
    if len(group) <= room:
        return list(range(len(group)))
    outer = {0, len(group) - 1}
    order = sorted(
        range(len(group)), key=lambda i: (i not in outer, -score.notes[group[i].index].velocity, i)
    )
    return sorted(order[:room])


def _fit_hands(y: Array, hand_y: Array) -> tuple[Array, Array]:
    """Return each hand's middle (c, 2) that stretches its fingers least, and the stretch (c,)."""
    used = ~np.isnan(y)
    weight = used / _GIVE_M**2
    place = np.where(used, y - OFFSET_M, 0.0)
    total = weight @ _HAND_OF
    middle = np.where(total > 0, (weight * place) @ _HAND_OF / np.maximum(total, 1e-9), hand_y)
    stretch = np.sum(weight * (place - middle[:, _HAND]) ** 2, axis=1)
    return middle, stretch


def _movement_cost(
    middle: Array, state: _State, first: int, dt_s: float, config: FingeringConfig
) -> Array:
    distance = np.abs(middle - state.hand_y)
    time_s = np.maximum(first - state.hand_until, 1) * dt_s
    cost = config.travel * distance + config.speed * (distance / time_s) ** 2
    return np.asarray(cost.sum(axis=1))


def _finger_cost(
    choices: Ints, keys: Ints, state: _State, first: int, config: FingeringConfig
) -> Array:
    rest = np.maximum(first - state.until[choices], 1)
    changes = state.key[choices] != keys
    cost = config.hurry * changes / rest**2
    cost = cost + config.black * _THUMB_OR_LITTLE[choices] * is_black()[keys]
    return np.asarray((cost + config.weak * _RING_OR_LITTLE[choices]).sum(axis=1))


def _crossings(choices: Ints, keys: Ints, held: NDArray[np.bool_], state: _State) -> Array:
    """Return how many new notes lie on the wrong side of a held one, (c,)."""
    place = _PLACE[choices][:, :, None] - _PLACE[held]
    side = key_y()[keys][:, None] - key_y()[state.key[held]]
    return np.asarray((place * side < 0).sum(axis=(1, 2)), float)


def _distinct(children: list[_State], count: int) -> list[_State]:
    """Return the cheapest, one for each pair of the last two choices."""
    seen = set()
    kept = []
    for child in children:
        assert child.before is not None
        signature = (child.chosen, child.before.chosen)
        if signature not in seen:
            seen.add(signature)
            kept.append(child)
            if len(kept) == count:
                break
    return kept
