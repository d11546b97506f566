"""Trajectory and targets of one hand over a whole score."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.hands_model import HandsModel
from pianomime.hands.kinematics import HandKinematics
from pianomime.planning.actuator_model import ActuatorModel
from pianomime.planning.actuator_targets import ActuatorTargets, curve
from pianomime.planning.fingertip_plan import FingertipPlan, FingertipPlanConfig
from pianomime.planning.motion_limits import MotionLimits
from pianomime.planning.trajectory import TrajectoryConfig, TrajectoryFit
from pianomime.timing import Timing

Array = NDArray[np.float64]

_WINDOW_S: Final = 20.0
"""Length of the optimisation window. Bounds memory for long scores."""

_OVERLAP_S: Final = 3.0
"""Further part of a window that is fitted again with the next: 3 s ahead hardly matters now."""


class PlannedHand:
    """One hand's way through a score, window after window.

    Attributes:
        kinematics: Of the hand.
    """

    def __init__(
        self,
        hands: HandsModel,
        side: int,
        timing: Timing,
        limits: MotionLimits,
        config: FingertipPlanConfig,
    ) -> None:
        """Prepare hand `side` (an index into `SIDES`)."""
        self.kinematics = HandKinematics(hands, side)
        self._timing, self._limits = timing, limits
        self._actuators = ActuatorModel(self.kinematics)
        self._targets = ActuatorTargets(self.kinematics, self._actuators, timing, config)
        self._config = TrajectoryConfig.of(hands.spec)

    def along(self, fingertips: FingertipPlan) -> tuple[Array, Array]:
        """Return joints at the command's instants (instants, n), and targets (instants - 1, n).

        The hand is at rest in the first two rows.
        """
        kinematics, time_s = self.kinematics, fingertips.time_s
        count = round((time_s[-1] - time_s[0]) / self._timing.command_s) + 1
        instant_s = time_s[0] + self._timing.command_s * np.arange(count)
        path, target = np.zeros((count, kinematics.n)), np.zeros((count - 1, kinematics.n))
        path[0] = kinematics.pose(kinematics.hands.start)
        state = np.concatenate((path[0], np.zeros(kinematics.n)))  # to which targets lead
        pose = np.tile(path[0], (2, 1))  # of the rows that are fixed, from `begin` on
        begin, at = 0, 0  # first row of the window, and instant to go on from
        while at < count - 1:
            done_s = time_s[begin + len(pose) - 1]
            end = int(np.searchsorted(time_s, done_s + _WINDOW_S + _OVERLAP_S, side="right"))
            window = fingertips.window(begin, end)
            pose = TrajectoryFit(
                kinematics, window, pose, self._config, self._limits, self._actuators
            ).solve()
            back = min(at, 1)  # an instant before, for the acceleration
            until_s = window.time_s[-1]
            ahead_s = instant_s[at - back : int(np.searchsorted(instant_s, until_s + 1e-9))]
            way = curve(window.time_s, pose, ahead_s)
            keys = window.keys_at(ahead_s, kinematics.side)
            tracked = self._targets.along(way, keys, back, state)
            last = end == len(time_s)
            row = len(pose) - 1 if last else int(np.searchsorted(window.time_s, done_s + _WINDOW_S))
            new = int(np.searchsorted(instant_s, window.time_s[row] + 1e-9)) - 1
            path[at + 1 : new + 1] = way[back + 1 : back + 1 + new - at]
            target[at:new] = tracked.target[: new - at]
            state = tracked.state[new - at]
            first = int(np.searchsorted(window.time_s, instant_s[new - 1] + 1e-9)) - 1
            pose = pose[first : row + 1]  # from before the instants that fix place and velocity
            begin, at = begin + first, new
        return path @ kinematics.expand.T, target @ kinematics.expand.T
