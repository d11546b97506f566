"""What a policy observes when a decision begins."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pianomime.score.step_notes import StepNote, key_matrix
from pianomime.timing import Timing

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Observation:
    """Hands, keys and the music ahead.

    Attributes:
        timing: Of the decisions.
        now: Decision of the score that begins; negative in the lead-in.
        notes: In sight, by onset then key; see `in_window`.
        sustain: (points,) whether the pedal is to be down.
        joint_position: (n,) measured [rad, m].
        key_position: (88,) how far each key is down, 0 .. 1.
        previous: (n,) last joint target that was commanded [rad, m]; None if there is none.
    """

    timing: Timing
    now: int
    notes: Sequence[StepNote]
    sustain: NDArray[np.bool_]
    joint_position: Array
    key_position: Array
    previous: Array | None

    def goal_keys(self, steps: int) -> NDArray[np.bool_]:
        """Return the goal keys at the ends of the next decisions, (steps, 88)."""
        return key_matrix(self.notes, self.now, steps)
