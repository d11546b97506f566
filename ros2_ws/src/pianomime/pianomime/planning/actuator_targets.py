"""Targets of one hand's actuators along its trajectory."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.kinematics import HandKinematics
from pianomime.planning.feedforward import Feedforward
from pianomime.planning.finer import as_line, finer
from pianomime.planning.fingertip_plan import FingertipPlan
from pianomime.planning.tracking import Tracked, Tracker
from pianomime.timing import Timing

Array = NDArray[np.float64]


class ActuatorTargets:
    """Inverse dynamics of a trajectory, corrected by optimal tracking."""

    def __init__(self, kinematics: HandKinematics, timing: Timing) -> None:
        """Prepare for one hand and for commands of this timing."""
        self._points = timing.points
        self._feedforward = Feedforward(kinematics, timing.command_s)
        self._tracker = Tracker(kinematics, timing.command_s)

    def along(self, pose: Array, plan: FingertipPlan, row: int, state: Array) -> Tracked:
        """Return targets that lead along a trajectory, from one of its rows on.

        Args:
            pose: (rows, na) where the coordinates are to be at the ends of decisions.
            plan: What the fingers press in these rows.
            row: At which the hand is in `state`.
            state: (2 na,) see `Tracked`.

        Returns:
            `Tracked` with `Timing.points` targets and states for each decision from `row` on.
        """
        path = finer(pose, self._points)
        feedforward = self._feedforward.targets(path, plan.finer(self._points))
        tracked = self._tracker.track(path, feedforward, row * self._points, state)
        return replace(tracked, target=as_line(tracked.target, self._points))
