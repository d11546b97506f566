"""Running F1 from streams of goals and key states."""

import numpy as np
from numpy.typing import NDArray

from pianomime.metrics.key_press import RunningF1

Keys = NDArray[np.bool_]


class Scorekeeper:
    """Match goal keys with pressed keys by time stamp, and accumulate their F1."""

    def __init__(self) -> None:
        """Initialise without goals."""
        self._goal_keys: dict[float, Keys] = {}
        self._f1 = RunningF1()

    @property
    def f1(self) -> float:
        """Mean F1 over the matched steps; NaN before the first."""
        return self._f1.value

    def expect(self, keys: Keys, judged_at_s: float) -> None:
        """Add the goal keys (88,) of the instant `judged_at_s` [s]."""
        self._goal_keys[round(judged_at_s, 6)] = keys

    def press(self, active: Keys, stamp_s: float) -> Keys | None:
        """Add the keys (88,) pressed at `stamp_s` [s]; return the goal keys of then, if known."""
        goal_keys = self._goal_keys.pop(round(stamp_s, 6), None)
        if goal_keys is not None:
            self._f1.add(goal_keys, active)
        return goal_keys
