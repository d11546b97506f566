"""A performance in numbers: by finger, and its worst moments."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pianomime.hands.fingers import UNASSIGNED
from pianomime.performance.performance import Performance
from pianomime.reporting.mistakes import Kind, Mistake, steps_of

MOMENT_S: Final = 1.5
MOMENTS: Final = 8


@dataclass(frozen=True)
class FingerStatistics:
    """How a finger did.

    Attributes:
        finger: Its name; `none` for notes without one.
        notes: How many it had to play.
        recall: Share of their control steps in which the key was down.
        mistakes: How many of them went wrong somehow.
    """

    finger: str
    notes: int
    recall: float
    mistakes: int


@dataclass(frozen=True)
class Moment:
    """A stretch in which much went wrong.

    Attributes:
        begins_s: In the score [s].
        steps: Wrong and missed keys in it, each counted once a control step.
        mistakes: What it was, the worst first.
    """

    begins_s: float
    steps: int
    mistakes: tuple[Mistake, ...]


def finger_statistics(
    performance: Performance, mistakes: Sequence[Mistake]
) -> list[FingerStatistics]:
    """Return a row for each finger that has notes, from the left thumb on, then `none`."""
    names = performance.hands.layout.names
    # A key that is struck again is not wanted in the step before.
    down = np.where(performance.goal_keys, performance.pressed, np.nan)
    rows = []
    for finger in (*range(len(names)), UNASSIGNED):
        notes = [note for note in performance.score.notes if note.finger == finger]
        if not notes:
            continue
        steps = np.concatenate([down[steps_of(note, performance), note.key] for note in notes])
        rows.append(
            FingerStatistics(
                finger="none" if finger == UNASSIGNED else names[finger],
                notes=len(notes),
                recall=float(np.nanmean(steps)) if np.isfinite(steps).any() else float("nan"),
                mistakes=sum(m.finger == finger and _is_a_notes(m) for m in mistakes),
            )
        )
    return rows


def worst_moments(mistakes: Sequence[Mistake]) -> list[Moment]:
    """Return the stretches with the most wrong keys, apart from each other, the worst first."""
    left = list(mistakes)
    moments: list[Moment] = []
    while left and len(moments) < MOMENTS:
        spans = [
            [m for m in left if start.begins_s <= m.begins_s < start.begins_s + MOMENT_S]
            for start in left
        ]
        worst = max(spans, key=lambda span: sum(m.steps for m in span))
        worst.sort(key=lambda m: -m.steps)
        begins_s = min(m.begins_s for m in worst)
        moments.append(Moment(begins_s, sum(m.steps for m in worst), tuple(worst)))
        left = [m for m in left if m not in worst]
    return moments


def _is_a_notes(mistake: Mistake) -> bool:
    return mistake.kind not in (Kind.HELD, Kind.EARLY, Kind.BRUSHED)
