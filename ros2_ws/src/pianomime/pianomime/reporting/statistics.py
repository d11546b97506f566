"""Statistics of a performance: by finger, and its worst moments."""

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
    """Statistics of one finger.

    Attributes:
        finger: Name of the finger; `none` for notes without a finger.
        notes: Number of its notes.
        recall: Share of the notes' decisions in which the key was pressed.
        mistakes: Number of its notes with a mistake.
    """

    finger: str
    notes: int
    recall: float
    mistakes: int


@dataclass(frozen=True)
class Moment:
    """A time span with many mistakes.

    Attributes:
        begins_s: Start [s, score time].
        steps: Wrong and missed keys, counted once per decision.
        mistakes: Mistakes in the span, the longest first.
    """

    begins_s: float
    steps: int
    mistakes: tuple[Mistake, ...]


def finger_statistics(
    performance: Performance, mistakes: Sequence[Mistake]
) -> list[FingerStatistics]:
    """Return one row per finger with notes, from the left thumb on, then `none`."""
    names = performance.hands.layout.names
    # NaN where the key is no goal: a repeated key is released in the step before its onset.
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
                mistakes=sum(m.finger == finger and _belongs_to_note(m) for m in mistakes),
            )
        )
    return rows


def worst_moments(mistakes: Sequence[Mistake]) -> list[Moment]:
    """Return the disjoint time spans with the most wrong keys, the worst first."""
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


def _belongs_to_note(mistake: Mistake) -> bool:
    return mistake.kind not in (Kind.HELD, Kind.EARLY, Kind.BRUSHED)
