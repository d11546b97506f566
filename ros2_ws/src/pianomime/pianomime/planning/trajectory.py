"""Fit the joints of one hand to its fingertip targets over many instants at once.

Levenberg-Marquardt on a sum of squares: fingertip errors where a finger has a target, intrusions
below the floor, into the other hand's room and between black keys where it has none, accelerations,
rates and actuator targets beyond their limits, distance from a relaxed posture, intrusions into a
margin at the joint limits. Only the rates tie neighbouring rows, so the normal equations are banded
and an iteration costs time linear in the length of the score.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from pianomime.config import Config, parameter
from pianomime.hands.hand_spec import HandSpec
from pianomime.hands.kinematics import FingertipPoses, HandKinematics
from pianomime.piano.geometry import BLACK_LENGTH_M, BLACK_TOP_M, HINGE_X_M, is_black
from pianomime.planning.actuator_model import ActuatorModel
from pianomime.planning.fingertip_plan import NO_KEY, FingertipPlan
from pianomime.planning.hand_places import HandPlaces
from pianomime.planning.motion_limits import MotionLimits
from pianomime.planning.rate_cost import Rate, RateCost
from pianomime.planning.row_times import LONGEST_S

Array = NDArray[np.float64]

_HELD: Final = 1e14
"""Weight that holds the first rows where they are."""

_DAMPING_MAX: Final = 1e6

_EASED: Final = 0.01
"""Share of the cost beyond the limits of rates that counts at first."""

_EASED_TOLERANCE: Final = 0.01
"""Relative gain of an iteration at which they count in full."""

_BLACK_FRONT_X_M: Final = HINGE_X_M + BLACK_LENGTH_M


@dataclass(frozen=True, kw_only=True)
class TrajectoryConfig(Config):
    """Weights, each given as the error that costs 1, and when to stop."""

    press_m: float = parameter(0.0015, "Pressing fingertip off its target, y and z [m]", ge=1e-6)
    press_x_m: float = parameter(0.008, "Pressing fingertip off its target, x [m]", ge=1e-6)
    approach_m: float = parameter(0.0035, "Approaching fingertip off target, y and z [m]", ge=1e-6)
    approach_x_m: float = parameter(0.020, "Approaching fingertip off its target, x [m]", ge=1e-6)
    floor_m: float = parameter(0.003, "Fingertip below its floor [m]", ge=1e-6)
    tips_apart_m: float = parameter(
        0.035, "Distance along y that idle fingertips keep from the other hand's [m]", ge=0.0
    )
    astray_m: float = parameter(0.005, "Idle fingertip nearer to the other hand [m]", ge=1e-6)
    crowded_m: float = parameter(
        0.003, "Neighbouring fingertips nearer than their widths allow [m]", ge=1e-6
    )
    fronts_m: float = parameter(
        0.012, "Distance that low fingertips keep from the black keys' fronts [m]", ge=0.0
    )
    tops_m: float = parameter(
        0.010, "Height over the black keys at which fingertips are clear of them [m]", ge=0.0
    )
    between_m: float = parameter(
        0.0015, "Fingertip between black keys, or too near their fronts or tops [m]", ge=1e-6
    )
    hands_apart_m: float = parameter(
        0.1, "Distance of the hands' middle fingers along y, if the keys allow [m]", ge=0.0
    )
    acceleration: float = parameter(200.0, "Acceleration of a finger joint [rad/s^2]", ge=1e-3)
    slide_acceleration: float = parameter(25.0, "Acceleration of a slide [m/s^2]", ge=1e-3)
    posture: float = parameter(1.0, "Finger joint away from its relaxed angle [rad]", ge=1e-6)
    slide_posture_m: float = parameter(0.1, "Slide away from its rest [m]", ge=1e-6)
    along_m: float = parameter(0.3, "Hand away from its fingers' keys along y [m]", ge=1e-6)
    margin: float = parameter(0.02, "Margin kept to the joint limits [rad]", ge=0.0)
    limit: float = parameter(0.02, "Intrusion into that margin [rad]", ge=1e-6)
    iterations: int = parameter(60, "Most iterations", ge=1, le=1000)
    tolerance: float = parameter(2e-3, "Relative gain of an iteration that is small", ge=0.0)
    damping: float = parameter(0.1, "Damping of the first iteration", ge=1e-6, le=1e3)
    small_gains: int = parameter(
        2, "Small gains in succession at which to stop: after one, much may still come", ge=1
    )

    @classmethod
    def of(cls, spec: HandSpec, **more: float) -> "TrajectoryConfig":
        """Return what suits the hands of `spec`, and `more`.

        Raises:
            ModelError: Its tuning names what there is not, or is out of range.
        """
        return spec.tuned(cls, spec.planning.trajectory, **more)


@dataclass(frozen=True)
class _Point:
    """The problem at one trajectory."""

    cost: float
    tips: FingertipPoses
    residual: Array  # (rows, fingers, 3) fingertip errors [m]
    weight: Array  # (rows, fingers, 3)
    crowding: Array  # (rows, fingers - 1) how much too near each fingertip is to the next [m]
    intrusion: Array  # (rows, na) into the limits' margin, signed back inside
    rates: list[Rate]  # velocities and accelerations


class TrajectoryFit:
    """One hand's problem; `solve` gives the trajectory."""

    def __init__(
        self,
        kinematics: HandKinematics,
        plan: FingertipPlan,
        held: Array,
        config: TrajectoryConfig,
        limits: MotionLimits,
        actuators: ActuatorModel,
    ) -> None:
        """Set up the fit of a hand to its part of `plan`.

        The first rows stay at the poses `held`, (h, na) with h >= 1: the start, or where the
        trajectory of an earlier window goes on.
        """
        self._config = config
        self._kinematics = kinematics
        self._held = held
        side = kinematics.side
        mine = plan.layout.of_side(side)
        self._floor = plan.floor[:, mine]
        self._aimed = plan.approach[:, mine] >= 1.0  # z is a target too, not only a floor
        position, approach = plan.position[:, mine], plan.approach[:, mine]
        has_target = ~np.isnan(position[..., 0])
        self._target = np.where(has_target[..., None], position, 0.0)
        sigma = np.where(
            plan.contact[:, mine, None],
            (config.press_x_m, config.press_m, config.press_m),
            (config.approach_x_m, config.approach_m, config.approach_m),
        )
        self._weight = np.where(has_target, approach**2, 0.0)[..., None] / sigma**2

        slides, relaxed, along = kinematics.slides, kinematics.relaxed, kinematics.along
        middle = kinematics.fingertips(relaxed[None]).position[0, plan.layout.reference, 1]
        places = HandPlaces.of(plan)
        self._reference = np.tile(relaxed, (len(position), 1))
        self._reference[:, along] = places.of_hand(side, middle + held[-1, along]) - middle
        stray = np.where(slides, config.slide_posture_m, config.posture)
        named = kinematics.hands.spec.planning.stray
        self._posture = kinematics.posture(named, stray, "planning.stray") ** -2.0
        self._posture[along] = config.along_m**-2.0
        row_s = np.gradient(plan.time_s)[:, None]
        self._posture = self._posture * np.minimum(row_s / LONGEST_S, 1.0)
        self._rate_costs = _rate_costs(plan.time_s, slides, config, limits, actuators)
        self._damp = np.where(slides, 0.05, 0.3) ** -2.0
        self._lower = np.tile(kinematics.lower + config.margin, (len(position), 1))
        self._upper = np.tile(kinematics.upper - config.margin, (len(position), 1))
        low, high = places.room(side, config.hands_apart_m)
        self._lower[:, along] = np.maximum(self._lower[:, along], low - middle)
        self._upper[:, along] = np.minimum(self._upper[:, along], high - middle)
        self._outwards = 1.0 if side else -1.0
        self._apart = plan.layout.apart_m
        self._idle = ~has_target
        key = plan.key[:, mine]
        self._on_black = (key != NO_KEY) & is_black()[key]
        self._down = np.isneginf(self._floor) & (key != NO_KEY)
        self._tip_room = places.room(side, config.tips_apart_m)

    def solve(self, warm_start: Array | None = None) -> Array:
        """Return the trajectory (rows, na), sought from `warm_start` or the relaxed hand's path.

        Without a warm start, limits of rates are eased at first: from far away, stiff limits lead
        into poor local minima.
        """
        if warm_start is None:
            eased = [cost.eased(_EASED) for cost in self._rate_costs]
            warm_start = self._descend(self._reference, eased, _EASED_TOLERANCE)
        return self._descend(warm_start, self._rate_costs, self._config.tolerance)

    def _descend(self, start: Array, rate_costs: Sequence[RateCost], tolerance: float) -> Array:
        """Lower the cost from a trajectory on, until the gains are small."""
        pose = start.copy()
        pose[: len(self._held)] = self._held
        point = self._evaluate(pose, rate_costs)
        damping = self._config.damping
        small = 0
        for _ in range(self._config.iterations):
            hessian, descent = self._normal_equations(point, pose)
            while True:
                change = self._solve_banded(point, hessian, descent, damping)
                tried = np.clip(pose + change, self._kinematics.lower, self._kinematics.upper)
                new = self._evaluate(tried, rate_costs)
                if new.cost < point.cost:
                    break
                damping *= 6
                if damping > _DAMPING_MAX:
                    return pose
            gain = point.cost - new.cost
            damping *= _damping_factor(gain / self._expected(change, descent, damping))
            pose, point = tried, new
            small = small + 1 if gain < tolerance * point.cost else 0
            if small == self._config.small_gains:
                break
        return pose

    def _expected(self, change: Array, descent: Array, damping: float) -> float:
        """Return by how much a change would lower the cost if residuals were linear."""
        return float(np.sum(change * (descent + damping * self._damp * change)))

    def _evaluate(self, pose: Array, rate_costs: Sequence[RateCost]) -> _Point:
        tips = self._kinematics.fingertips(pose)
        residual = self._target - tips.position
        below = self._floor - tips.position[..., 2]
        low = ~self._aimed & (below > 0)
        weight = self._weight.copy()
        weight[..., 2] = np.where(
            self._aimed, weight[..., 2], np.where(low, self._config.floor_m**-2.0, 0.0)
        )
        residual[..., 2] = np.where(self._aimed, residual[..., 2], np.where(low, below, 0.0))
        along = tips.position[..., 1]
        back = np.clip(along, *(bound[:, None] for bound in self._tip_room)) - along
        astray = self._idle & (back != 0)
        weight[astray, 1] = self._config.astray_m**-2.0
        residual[astray, 1] = back[astray]
        self._keep_clear(tips.position, residual, weight)
        crowding = np.zeros((len(pose), len(self._apart)))
        if len(self._apart):
            gaps = self._outwards * np.diff(along, axis=1)
            crowding = np.maximum(self._apart - gaps, 0.0)
        intrusion = np.clip(pose, self._lower, self._upper) - pose
        rates = [cost.of(pose) for cost in rate_costs]
        cost = (
            np.sum(weight * residual**2)
            + np.sum(self._posture * (pose - self._reference) ** 2)
            + np.sum(intrusion**2) / self._config.limit**2
            + np.sum(crowding**2) / self._config.crowded_m**2
            + sum(rate.cost for rate in rates)
        )
        return _Point(float(cost), tips, residual, weight, crowding, intrusion, rates)

    def _keep_clear(self, tips: Array, residual: Array, weight: Array) -> None:
        """Push fingertips out from between black keys, where a hand that moves on catches them."""
        in_front = _BLACK_FRONT_X_M + self._config.fronts_m - tips[..., 0]
        over = BLACK_TOP_M + self._config.tops_m - tips[..., 2]
        between = (in_front > 0) & (over > 0) & ~self._on_black
        forwards = between & (self._down | (in_front < over))
        for axis, pushed, by in ((0, forwards, in_front), (2, between & ~forwards, over)):
            residual[pushed, axis] = by[pushed]
            weight[pushed, axis] = self._config.between_m**-2.0

    def _normal_equations(self, point: _Point, pose: Array) -> tuple[Array, Array]:
        """Return the Hessian's diagonal blocks (rows, na, na) and the descent (rows, na)."""
        rows, na = pose.shape
        jacobian = point.tips.jacobian()
        flat = jacobian.reshape(rows, -1, na)
        weighted = flat * point.weight.reshape(rows, -1, 1)
        hessian = flat.transpose(0, 2, 1) @ weighted
        descent = np.einsum("tij,ti->tj", weighted, point.residual.reshape(rows, -1))
        if len(self._apart):
            spread = self._outwards * np.diff(jacobian[:, :, 1], axis=1)
            pushed = spread * (point.crowding > 0)[..., None] / self._config.crowded_m**2
            hessian += pushed.transpose(0, 2, 1) @ spread
            descent += np.einsum("tpj,tp->tj", pushed, point.crowding)
        at_limit = (point.intrusion != 0) / self._config.limit**2
        descent += self._posture * (self._reference - pose) + at_limit * point.intrusion
        for rate in point.rates:
            rate.add_descent(descent)
        descent[: len(self._held)] = 0.0
        diagonal = np.arange(na)
        hessian[:, diagonal, diagonal] += self._posture + at_limit
        return hessian, descent

    def _solve_banded(self, point: _Point, hessian: Array, descent: Array, damping: float) -> Array:
        """Add the rates' coupling and the damping, and solve for the change of pose."""
        rows, na = descent.shape
        banded = np.zeros((2 * na + 1, rows, na))
        for column in range(na):
            banded[: na - column, :, column] = hessian[:, column:, column].T
        for rate in point.rates:
            rate.add_curvature(banded)
        banded[0] += damping * self._damp
        banded[0, : len(self._held)] += _HELD
        change = solveh_banded(
            banded.reshape(2 * na + 1, rows * na),
            descent.ravel(),
            overwrite_ab=True,
            lower=True,
            check_finite=False,
        )
        return np.asarray(change.reshape(rows, na))


def _rate_costs(
    time_s: Array,
    slides: NDArray[np.bool_],
    config: TrajectoryConfig,
    limits: MotionLimits,
    actuators: ActuatorModel,
) -> tuple[RateCost, ...]:
    smooth = np.where(slides, config.slide_acceleration, config.acceleration)
    velocity, acceleration = limits.of_coordinates(slides)
    return (
        RateCost.of_velocity(time_s, velocity),
        RateCost.of_acceleration(time_s, acceleration, smooth),
        RateCost.of_targets(time_s, actuators),
    )


def _damping_factor(share: float) -> float:
    """Return how to change the damping after a step that gained a share of what was expected.

    Marquardt's rule with the gain ratio (Madsen, Nielsen and Tingleff, Methods for non-linear least
    squares problems, 2004, section 3.2): few steps are then tried in vain.
    """
    return 0.25 if share > 0.5 else 2.0 if share < 0.2 else 1.0
