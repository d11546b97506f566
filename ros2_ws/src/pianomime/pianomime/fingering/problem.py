"""A score to be fingered, and what each choice of fingers costs in it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pianomime.fingering.costs import FingeringConfig, Onset, Partials, choices_of, price
from pianomime.hands.finger_layout import FingerLayout
from pianomime.hands.fingers import UNASSIGNED
from pianomime.score.goals import StepNote
from pianomime.score.score import Score

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FingeringProblem:
    """What fingers are sought for.

    Attributes:
        score: The notes.
        dt_s: Control step [s].
        layout: The hands' fingers.
        config: Costs.
        against: (n, fingers) what each finger costs on each note of the score besides.
    """

    score: Score
    dt_s: float
    layout: FingerLayout
    config: FingeringConfig
    against: Array

    @classmethod
    def of(
        cls, score: Score, dt_s: float, layout: FingerLayout, config: FingeringConfig
    ) -> "FingeringProblem":
        """Return the problem in which notes that have a pianist's finger had better keep it."""
        given = layout.of_pianist(np.array([note.finger for note in score.notes], np.int64))
        strange = (given[:, None] != UNASSIGNED) & (given[:, None] != np.arange(layout.count))
        return cls(score, dt_s, layout, config, config.other * strange)

    def onset(self, notes: list[StepNote]) -> Onset:
        """Return notes that begin together, as `price` wants them."""
        own = [self.score.notes[note.index] for note in notes]
        return Onset(
            first=notes[0].first,
            key=np.array([note.key for note in own], np.int64),
            last=np.array([note.last for note in notes], np.int64),
            given=np.array([note.finger for note in own], np.int64),
        )

    def price(self, partials: Partials, onset: Onset) -> Array:
        """Return the cost so far of each partial fingering with each choice, (b, choices)."""
        return price(partials, onset, self.dt_s, self.config)

    def surcharge(self, notes: list[StepNote]) -> Array:
        """Return what each choice for `notes` costs by `against`, (choices,)."""
        rows = self.against[[note.index for note in notes]]
        choices = choices_of(len(notes), self.layout)
        return np.asarray(rows[np.arange(len(notes)), choices].sum(axis=1))
