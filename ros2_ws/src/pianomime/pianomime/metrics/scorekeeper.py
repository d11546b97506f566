"""How well it goes so far, from goals and keys as they come."""

import numpy as np
from numpy.typing import NDArray

from pianomime.metrics.key_press import RunningF1

Keys = NDArray[np.bool_]


class Scorekeeper:
    """Match what is wanted with what is pressed, by the instant at which it is judged."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._goal_keys: dict[float, Keys] = {}
        self._f1 = RunningF1()

    @property
    def f1(self) -> float:
        """Mean F1 over the steps so far; NaN before the first."""
        return self._f1.value

    def expect(self, keys: Keys, judged_at_s: float) -> None:
        """Take the keys (88,) wanted down at an instant [s]."""
        self._goal_keys[round(judged_at_s, 6)] = keys

    def press(self, active: Keys, stamp_s: float) -> Keys | None:
        """Take the keys (88,) pressed at an instant; return those wanted then, if any were told."""
        goal_keys = self._goal_keys.pop(round(stamp_s, 6), None)
        if goal_keys is not None:
            self._f1.add(goal_keys, active)
        return goal_keys
