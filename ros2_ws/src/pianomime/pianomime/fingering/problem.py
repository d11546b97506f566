"""Notes to be fingered, and what each choice of fingers costs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pianomime.fingering.costs import FingeringConfig, Onset, Partials, choices_of, price
from pianomime.hands.finger_layout import FingerLayout
from pianomime.hands.fingers import UNASSIGNED
from pianomime.score.step_notes import StepNote
from pianomime.timing import Timing

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FingeringProblem:
    """Costs of a search for fingers.

    Attributes:
        timing: Of the decisions in which notes are counted.
        layout: The hands' fingers.
        config: Costs.
        against: (n, fingers) further cost of each finger on each note of the score, by its index.
    """

    timing: Timing
    layout: FingerLayout
    config: FingeringConfig
    against: Array | None = None

    def price(self, partials: Partials, onset: Onset) -> Array:
        """Return the cost so far of each partial fingering with each choice, (b, choices)."""
        return price(partials, onset, self.timing, self.config)

    def surcharge(self, notes: Sequence[StepNote]) -> Array:
        """Return the cost of each choice by the fingers given and by `against`, (choices,)."""
        given = np.array([note.finger for note in notes], np.int64)[:, None]
        others = (given != UNASSIGNED) & (given != np.arange(self.layout.count))
        cost = self.config.other * others
        if self.against is not None:
            cost = cost + self.against[[note.index for note in notes]]
        choices = choices_of(len(notes), self.layout)
        return np.asarray(cost[np.arange(len(notes)), choices].sum(axis=1))


def onset_of(notes: Sequence[StepNote]) -> Onset:
    """Return notes that begin together as arrays."""
    return Onset(
        first=notes[0].first,
        key=np.array([note.key for note in notes], np.int64),
        last=np.array([note.last for note in notes], np.int64),
        given=np.array([note.finger for note in notes], np.int64),
    )
