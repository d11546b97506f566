"""Targets that bring joints where they are to be, as their actuators really move them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm, solve_discrete_are

from pianomime.hands.kinematics import HandKinematics
from pianomime.planning.actuator_model import ActuatorModel
from pianomime.planning.feedforward import motion_of

Array = NDArray[np.float64]

_CONTROL_EFFORT: Final = 0.03
"""Control-effort weight R of the LQ tracker, relative to the state weight (1 rad^2 of joint error
costs 1). Chosen on training clips; at 0 the targets oscillate."""

_ARM_M: Final = 0.1
"""A slide off by this much is as bad as a hinge off by 1 rad."""


@dataclass(frozen=True)
class Tracked:
    """Result of `Tracker.track`.

    Attributes:
        target: (steps, na) of each actuator [rad, m].
        state: (steps + 1, 2 na) positions [rad, m], then velocities [rad, m a step], that they
            lead to, from before the first step to after the last.
    """

    target: Array
    state: Array


class Tracker:
    """Optimal tracking (LQ, with preview) for the coordinates of one hand.

    A target is held until the next one. In 50 ms a joint comes half the way, and it goes on
    swinging in the next, as `ActuatorModel` has it; whatever else acts is in the targets that are
    given.
    """

    def __init__(
        self, kinematics: HandKinematics, actuators: ActuatorModel, command_s: float
    ) -> None:
        """Work out the feedback of a hand for targets that are `command_s` [s] apart."""
        self._lower, self._upper = actuators.lower, actuators.upper
        self._mass = actuators.mass / command_s**2
        self._damper = actuators.damper / command_s
        off = np.where(kinematics.slides, _ARM_M, 1.0)
        self._discretise(off**-2.0)

    def _discretise(self, weight: Array) -> None:
        """Work out how a step changes a state, x' = A x + B target, and the optimal feedback."""
        n = len(weight)
        motion = np.zeros((3 * n, 3 * n))  # of positions, velocities and constant targets
        motion[:n, n : 2 * n] = np.eye(n)
        drawn = np.hstack((-np.eye(n), -self._damper, np.eye(n)))
        motion[n : 2 * n] = np.linalg.solve(self._mass, drawn)
        step = expm(motion)
        self._a, self._b = step[: 2 * n, : 2 * n], step[: 2 * n, 2 * n :]
        self._weight = np.concatenate((weight, np.zeros(n)))
        effort = _CONTROL_EFFORT * np.diag(weight)
        self._price = solve_discrete_are(self._a, self._b, np.diag(self._weight), effort)
        pull = self._b.T @ self._price
        worth = np.linalg.inv(effort + pull @ self._b)
        self._pull = pull.T
        self._look = worth @ self._b.T
        self._gain = worth @ pull @ self._a
        self._closed = self._a - self._b @ self._gain

    def track(self, pose: Array, target: Array, row: int, state: Array) -> Tracked:
        """Correct actuator targets so that the joints follow the trajectory from a row on.

        Args:
            pose: (rows, na) where the coordinates are to be at the ends of steps.
            target: (rows - 1, na) what inverse dynamics asks for on the way.
            row: Where to begin; the rows before it are past.
            state: (2 na,) where they are there, and how fast [a step].
        """
        asked = self._asked(pose)
        aside = (target - asked)[row:]  # for gravity and keys
        asked, ahead = asked[row:], self._ahead(pose[row:], asked[row:])
        targets, states = np.empty_like(asked), np.empty((len(asked) + 1, len(state)))
        states[0] = state
        for step in range(len(asked)):
            mended = asked[step] - self._gain @ states[step] - ahead[step]
            targets[step] = np.clip(mended + aside[step], self._lower, self._upper)
            drawn = self._b @ (targets[step] - aside[step])
            states[step + 1] = self._a @ states[step] + drawn
        return Tracked(targets, states)

    def _asked(self, pose: Array) -> Array:
        """Return what masses and dampers alone ask for, (rows - 1, na)."""
        middle, velocity, acceleration = motion_of(pose, 1.0)
        return np.asarray(middle + velocity @ self._damper.T + acceleration @ self._mass.T)

    def _ahead(self, pose: Array, asked: Array) -> Array:
        """Return what to take off each target for the sake of all that follows, (rows - 1, na)."""
        n = pose.shape[1]
        slope = -self._price[:, :n] @ pose[-1]  # of the price, at the end of the steps
        ahead = np.empty_like(asked)
        for row in reversed(range(len(asked))):
            slope = slope + self._pull @ asked[row]
            ahead[row] = self._look @ slope
            slope = self._closed.T @ slope
            slope[:n] -= self._weight[:n] * pose[row]
        return ahead
