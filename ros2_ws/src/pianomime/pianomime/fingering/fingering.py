"""Choose a finger for every note of a score: beam search over the ways to lay the fingers.

At each onset the notes, low to high, go to fingers in their order along the keyboard, so one
choice is a combination of the fingers. All choices of all partial fingerings are priced at
once, by `fingering.costs`; the cheapest live on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.fingering.costs import FingeringConfig, Partials, choices_of
from pianomime.fingering.problem import FingeringProblem
from pianomime.hands.fingers import UNASSIGNED
from pianomime.hands.hand_spec import HandSpec
from pianomime.piano.geometry import key_name
from pianomime.score.goals import KeyGoals, StepNote
from pianomime.score.score import Score

Ints = NDArray[np.int64]

_CANDIDATES: Final = 4
"""Continuations looked at for each one that is kept: many differ in nothing that matters."""


@dataclass(frozen=True)
class _Chosen:
    """What the kept fingerings did at one onset, to walk back along."""

    indices: list[int]  # of the notes in the score
    fingers: Ints  # (beam, notes)
    parent: Ints  # (beam,) which fingering of the onset before each continues


def assign_fingers(
    score: Score,
    goals: KeyGoals,
    dt_s: float,
    spec: HandSpec,
    config: FingeringConfig | None = None,
) -> Score:
    """Return the score with a finger for each note, or `UNASSIGNED` where no finger can play it.

    Args:
        score: Notes whose finger is already given keep it unless it makes them too hard to play.
        goals: The score on the grid of control steps of `dt_s` [s].
        dt_s: Control step [s].
        spec: The hands that play.
        config: Costs; those that suit the hands if not given.
    """
    problem = FingeringProblem.of(score, dt_s, spec.layout, config or FingeringConfig.of(spec))
    fingers = search(Partials.at_rest(spec.layout), onset_groups(goals.notes, score), problem)
    return score.with_fingers(fingers.tolist())


def dropped_notes(score: Score) -> list[str]:
    """Return the names of a fingered score's notes that no finger plays, and when they begin."""
    return [
        f"{key_name(note.key)} at {note.onset_s:.2f} s"
        for note in score.notes
        if note.finger == UNASSIGNED
    ]


def onset_groups(notes: Iterable[StepNote], score: Score) -> list[list[StepNote]]:
    """Return the notes that begin together, group by group in time, rising in pitch."""
    ordered = sorted(notes, key=lambda note: (note.first, score.notes[note.index].key))
    return [list(group) for _, group in groupby(ordered, key=lambda note: note.first)]


def search(partials: Partials, groups: Iterable[list[StepNote]], problem: FingeringProblem) -> Ints:
    """Return the finger of each note of the score on the cheapest way on from `partials`."""
    path: list[_Chosen] = []
    for notes in groups:
        partials, chosen = advance(partials, notes, problem)
        path.append(chosen)
    fingers = np.full(len(problem.score.notes), UNASSIGNED)
    best = 0
    for chosen in reversed(path):
        fingers[chosen.indices] = chosen.fingers[best]
        best = int(chosen.parent[best])
    return fingers


def advance(
    partials: Partials, notes: list[StepNote], problem: FingeringProblem
) -> tuple[Partials, _Chosen]:
    """Continue every partial fingering by the notes of one onset, and keep the cheapest.

    What the fingers cannot reach is left out, the least important voice first.
    """
    config = problem.config
    notes = _most_important(notes, problem)
    while True:
        onset = problem.onset(notes)
        cost = problem.price(partials, onset)
        if len(notes) == 1 or np.min(cost - partials.cost[:, None]) < config.dropped:
            break
        notes = _drop_one(partials, notes, problem)
    cost += problem.surcharge(notes)
    order = np.argsort(cost, axis=None, kind="stable")[: _CANDIDATES * config.beam]
    parent, choice = np.unravel_index(order, cost.shape)
    kept = _distinct(partials, parent, choice, config.beam)
    parent, choice = parent[kept], choice[kept]
    fingers = choices_of(len(notes), problem.layout)[choice]
    later = partials.after(onset, cost[parent, choice], parent, choice)
    return later, _Chosen([note.index for note in notes], fingers, parent)


def _most_important(notes: list[StepNote], problem: FingeringProblem) -> list[StepNote]:
    """Keep as many notes as there are fingers: the outer voices, then the loudest."""
    order = _by_importance(notes, problem.score)
    return [notes[i] for i in sorted(order[-problem.layout.count :])]


def _drop_one(
    partials: Partials, notes: list[StepNote], problem: FingeringProblem
) -> list[StepNote]:
    """Return the notes without one: the least important that will do, or whose loss helps most."""
    rests = [notes[:i] + notes[i + 1 :] for i in range(len(notes))]
    costs = [
        float(np.min(problem.price(partials, problem.onset(rest)) - partials.cost[:, None]))
        for rest in rests
    ]
    order = _by_importance(notes, problem.score)
    enough = [i for i in order if costs[i] < problem.config.dropped]
    return rests[enough[0] if enough else int(np.argmin(costs))]


def _by_importance(notes: list[StepNote], score: Score) -> list[int]:
    """Return places in `notes`, the least important first: inner voices, by velocity; the outer."""
    outer = (0, len(notes) - 1)
    return sorted(
        range(len(notes)), key=lambda i: (i in outer, score.notes[notes[i].index].velocity, -i)
    )


def _distinct(partials: Partials, parent: Ints, choice: Ints, count: int) -> list[int]:
    """Return the first `count` that differ in this choice or the one before."""
    seen: set[tuple[int, int]] = set()
    kept: list[int] = []
    before = partials.choice[parent]
    for i, signature in enumerate(zip(choice.tolist(), before.tolist(), strict=True)):
        if signature not in seen:
            seen.add(signature)
            kept.append(i)
            if len(kept) == count:
                break
    return kept
