"""Targets of one hand's actuators along its trajectory."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.kinematics import HandKinematics
from pianomime.planning.actuator_model import ActuatorModel
from pianomime.planning.feedforward import Feedforward
from pianomime.planning.fingertip_plan import FingertipPlanConfig
from pianomime.planning.tracking import Tracked, Tracker
from pianomime.timing import Timing

Array = NDArray[np.float64]


class ActuatorTargets:
    """Inverse dynamics of a trajectory, corrected by optimal tracking."""

    def __init__(
        self,
        kinematics: HandKinematics,
        actuators: ActuatorModel,
        timing: Timing,
        config: FingertipPlanConfig,
    ) -> None:
        """Prepare for one hand and for commands of this timing."""
        self._held = timing.points == 1
        self._feedforward = Feedforward(kinematics, timing.command_s, config)
        self._tracker = Tracker(kinematics, actuators, timing.command_s)

    def along(self, path: Array, key: NDArray[np.int64], row: int, state: Array) -> Tracked:
        """Return targets that lead along a path, from one of its rows on.

        Args:
            path: (rows, na) where the coordinates are to be, a row per target.
            key: (rows, fingers) what the fingers press, see `FingertipPlan.keys_at`.
            row: At which the hand is in `state`.
            state: (2 na,) see `Tracked`.
        """
        feedforward = self._feedforward.targets(path, key)
        tracked = self._tracker.track(path, feedforward, row, state)
        return tracked if self._held else replace(tracked, target=_as_line(tracked.target))


def curve(time_s: Array, pose: Array, at_s: Array) -> Array:
    """Return a trajectory (rows, na) at other instants, (instants, na); its ends hold beyond.

    It lies on a monotone cubic (Fritsch and Butland, 1984), which does not overshoot where a finger
    stops on its key.
    """
    from scipy.interpolate import PchipInterpolator  # slow to import

    if len(time_s) == 1:
        return np.repeat(pose, len(at_s), axis=0)
    within = np.clip(at_s, time_s[0], time_s[-1])
    return np.asarray(PchipInterpolator(time_s, pose)(within))


def _as_line(target: Array) -> Array:
    """Return the points of a line that acts as targets (rows, na) that are held, one after another.

    Each point lies where one target gives way to the next, at their mean: a line from target to
    target would lag by half an interval.
    """
    return np.asarray(0.5 * (target + np.concatenate((target[1:], target[-1:]))))
