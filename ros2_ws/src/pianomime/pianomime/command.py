"""A command: the joint targets of one decision."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pianomime.timing import Timing

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Command:
    """Joint targets at points of a decision, linear between them, and the sustain pedal.

    The line starts at the target in force when the decision begins. A point at time 0 is in force
    at once; the last one is held to the end of the decision.

    Attributes:
        target: (points, n) [rad, m].
        sustain: (points,) whether the pedal is down from that point on.
        times_s: (points,) from the start of the decision [s].
    """

    target: Array
    sustain: NDArray[np.bool_]
    times_s: tuple[float, ...]

    @classmethod
    def hold(cls, target: Array, sustain: bool, timing: Timing) -> "Command":
        """Return the command to go to a target (n,) at once and stay there."""
        points = timing.points
        return cls(np.tile(target, (points, 1)), np.full(points, sustain), timing.times_s)

    def held(self) -> "Command":
        """Return the command to stay at the last target."""
        return Command(self.target[-1:], self.sustain[-1:], (0.0,))

    def moved(self, by: Array) -> "Command":
        """Return the command with `by`, (n,) or (points, n), added to its targets."""
        return replace(self, target=self.target + by)


def line_weights(times_s: Sequence[float], instants_s: Sequence[float]) -> Array:
    """Return how a line through points depends on them, (instants, 1 + points).

    Column 0 belongs to the value in force at time 0, column i to the point at `times_s[i - 1]`.
    """
    knots = np.concatenate(([0.0], times_s))
    weights = np.zeros((len(instants_s), len(knots)))
    for row, instant_s in enumerate(instants_s):
        after = int(np.searchsorted(knots, instant_s + 1e-9, side="right"))
        if after == len(knots):
            weights[row, -1] = 1.0
            continue
        span_s = knots[after] - knots[after - 1]
        share = (instant_s - knots[after - 1]) / span_s
        weights[row, after - 1], weights[row, after] = 1 - share, share
    return weights
