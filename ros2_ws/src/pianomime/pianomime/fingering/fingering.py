"""Choose a finger for every note of a score: beam search over the ways to lay the fingers.

At each onset the notes, low to high, go to fingers in their order along the keyboard, so one
choice is a combination of the fingers. All choices of all partial fingerings are priced at
once, by `fingering.costs`; the cheapest live on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.fingering.costs import FingeringConfig, Partials, choices_of
from pianomime.fingering.problem import FingeringProblem, onset_of
from pianomime.hands.finger_layout import FingerLayout
from pianomime.hands.fingers import UNASSIGNED
from pianomime.hands.hand_spec import HandSpec
from pianomime.score.changes import left_out
from pianomime.score.score import Score
from pianomime.score.step_notes import StepNote, by_onset, to_steps
from pianomime.timing import Timing

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_CANDIDATES: Final = 4
"""Continuations looked at for each one that is kept: many differ in nothing that matters."""

_OUTER: Final = 2
"""Number of outer voices: melody and bass."""


@dataclass(frozen=True)
class _Chosen:
    """Choices of the kept fingerings at one onset, to walk back along."""

    notes: list[StepNote]
    fingers: Ints  # (beam, notes)
    parent: Ints  # (beam,) which fingering of the onset before each continues


def assign_fingers(
    score: Score, timing: Timing, spec: HandSpec, config: FingeringConfig | None = None
) -> Score:
    """Return the score with a finger for each note, or `UNASSIGNED` where no finger can play it.

    Args:
        score: Notes that have a pianist's finger keep it, where the hands have such a finger,
            unless it makes them too hard to play.
        timing: Of the decisions.
        spec: The hands that play.
        config: Costs; those that suit the hands if not given.
    """
    layout = spec.layout
    problem = FingeringProblem(timing, layout, config or FingeringConfig.of(spec))
    given = score.with_fingers(layout.of_pianist([note.finger for note in score.notes]))
    fingers = np.full(len(score.notes), UNASSIGNED)
    groups = by_onset(to_steps(given.notes, timing))
    for note in search(Partials.at_rest(layout, timing), groups, problem):
        fingers[note.index] = note.finger
    return score.with_fingers(fingers.tolist())


def dropped_notes(score: Score) -> list[str]:
    """Return name and onset of a fingered score's notes that no finger plays."""
    return [change.note for change in left_out(score)]


def search(
    partials: Partials, groups: Iterable[Sequence[StepNote]], problem: FingeringProblem
) -> list[StepNote]:
    """Return the notes that get a finger on the cheapest continuation of `partials`.

    Args:
        partials: Fingerings so far.
        groups: Notes that begin together, in time.
        problem: Costs.
    """
    path: list[_Chosen] = []
    for notes in groups:
        partials, chosen = advance(partials, notes, problem)
        path.append(chosen)
    fingered: list[StepNote] = []
    best = 0
    for chosen in reversed(path):
        fingers = chosen.fingers[best].tolist()
        fingered += [n.with_finger(f) for n, f in zip(chosen.notes, fingers, strict=True)]
        best = int(chosen.parent[best])
    return fingered[::-1]


def advance(
    partials: Partials, notes: Sequence[StepNote], problem: FingeringProblem
) -> tuple[Partials, _Chosen]:
    """Continue every partial fingering by the notes of one onset, and keep the cheapest.

    Notes beyond the reach of the fingers are left out, and those that spoil more than they are
    worth.
    """
    config = problem.config
    kept_notes, cost = _worth_playing(partials, _within_reach(notes, problem.layout), problem)
    onset = onset_of(kept_notes)
    cost += problem.surcharge(kept_notes)
    order = np.argsort(cost, axis=None, kind="stable")[: _CANDIDATES * config.beam]
    parent, choice = np.unravel_index(order, cost.shape)
    kept = _distinct(partials, parent, choice, config.beam)
    parent, choice = parent[kept], choice[kept]
    fingers = choices_of(len(kept_notes), problem.layout)[choice]
    later = partials.after(onset, cost[parent, choice], parent, choice)
    return later, _Chosen(kept_notes, fingers, parent)


def _within_reach(notes: Sequence[StepNote], layout: FingerLayout) -> list[StepNote]:
    """Keep as many notes as there are fingers: the outer voices, then the loudest."""
    return [notes[i] for i in sorted(_by_importance(notes)[-layout.count :])]


def _worth_playing(
    partials: Partials, notes: list[StepNote], problem: FingeringProblem
) -> tuple[list[StepNote], Array]:
    """Return the notes without those that cost more than they are worth, and their cost (b, c).

    Inner notes go first, one by one, each time the one whose loss helps most.
    """
    kept, cost = notes, problem.price(partials, onset_of(notes))
    least, left_out = _added(partials, cost), 0.0
    while len(notes) > 1:
        left_out += problem.config.inner if len(notes) > _OUTER else problem.config.outer
        if left_out >= least:
            break
        droppable = _by_importance(notes)[:-_OUTER] or range(len(notes))
        rests = [notes[:i] + notes[i + 1 :] for i in droppable]
        costs = [problem.price(partials, onset_of(rest)) for rest in rests]
        best = int(np.argmin([np.min(rest) for rest in costs]))
        notes = rests[best]
        if left_out + _added(partials, costs[best]) < least:
            kept, cost = notes, costs[best]
            least = left_out + _added(partials, cost)
    return kept, cost


def _added(partials: Partials, cost: Array) -> float:
    """Return the least that an onset adds to the cost of a partial fingering."""
    return float(np.min(cost - partials.cost[:, None]))


def _by_importance(notes: Sequence[StepNote]) -> list[int]:
    """Return places in `notes`, the least important first: inner voices, by velocity; the outer."""
    outer = (0, len(notes) - 1)
    return sorted(range(len(notes)), key=lambda i: (i in outer, notes[i].velocity, -i))


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
