"""From strikes to where each fingertip has to be at each row of a trajectory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.config import parameter
from pianomime.hands.finger_layout import FingerLayout
from pianomime.hands.hand_spec import HandSpec
from pianomime.piano.geometry import is_black, key_top, key_y, pressed_drop
from pianomime.planning.motion_limits import MotionLimits
from pianomime.planning.row_times import APART_S, UP_S
from pianomime.planning.strikes import Strike, StrikeConfig

NO_KEY: Final = -1

_WHITE_REACH_M: Final = (0.030, 0.065)
_BLACK_REACH_M: Final = (-0.035, 0.005)
"""Where keys can be pressed, x [m]: clear of black keys' fronts, and not too near their hinges."""

_LEAST_APPROACH: Final = 0.02
"""Least weight of the key that a finger heads for."""


@dataclass(frozen=True, kw_only=True)
class FingertipPlanConfig(StrikeConfig):
    """Where on a key a fingertip goes, and how far above the keys it keeps otherwise."""

    white_x_m: float = parameter(0.045, "Where a white key is pressed, x [m]", ge=0.015, le=0.075)
    black_x_m: float = parameter(-0.005, "Where a black key is pressed, x [m]", ge=-0.075, le=0.015)
    tip_m: float = parameter(0.008, "Height of the fingertip site over the key it touches [m]")
    idle_m: float = parameter(0.022, "Clearance over the keys of an idle finger [m]", ge=0.0)
    reach_s: float = parameter(
        0.1, "Time before an onset at which the finger heads for its key [s]", ge=0.001, le=5.0
    )
    descend: float = parameter(
        0.6, "How much a finger has to keep to its way down between those", ge=0.0, le=0.99
    )
    leave: float = parameter(
        0.6, "How much a finger has to be over the key that it leaves", ge=0.0, le=0.99
    )
    leave_s: float = parameter(0.04, "Time for which that matters [s]", ge=0.0, le=1.0)
    leave_m: float = parameter(
        0.03, "Way of the hand to the next onset from which that matters [m]", ge=0.0
    )
    demo_weight: float = parameter(
        0.1, "How much an idle finger has to be where a human had it", ge=0.0, le=0.9
    )

    @classmethod
    def of(cls, spec: HandSpec, limits: MotionLimits | None = None) -> "FingertipPlanConfig":
        """Return what suits the hands of `spec`.

        Where `limits` make fingers slow, they stay nearer to the keys.

        Raises:
            ModelError: Its tuning names what there is not, or is out of range.
        """
        limits = limits or MotionLimits()
        pace = min(1.0, limits.max_joint_velocity / MotionLimits.max_joint_velocity)
        config = spec.tuned(cls, spec.planning.fingertips)
        return replace(config, hover_m=config.hover_m * pace, idle_m=config.idle_m * pace)


@dataclass(frozen=True)
class FingertipPlan:
    """Fingertip targets at the rows of a trajectory.

    Attributes:
        time_s: (rows,) from the start of the score, rising [s].
        layout: The hands' fingers.
        position: (rows, fingers, 3) [m, world]; NaN where the finger is free to be anywhere.
        key: (rows, fingers) key the finger is on or heads for, `NO_KEY` if none.
        contact: (rows, fingers) True where the finger holds its key down.
        approach: (rows, fingers) 0 .. 1, how much the finger has to be over its key, or the one
            that it leaves, or where a human had it.
        floor: (rows, fingers) least height of the fingertip [m].
    """

    time_s: NDArray[np.float64]
    layout: FingerLayout
    position: NDArray[np.float64]
    key: NDArray[np.int64]
    contact: NDArray[np.bool_]
    approach: NDArray[np.float64]
    floor: NDArray[np.float64]

    @classmethod
    def free(
        cls, time_s: NDArray[np.float64], layout: FingerLayout, idle_z: float
    ) -> "FingertipPlan":
        """Return a plan of fingers with nothing to do but to keep above `idle_z` [m]."""
        shape = (len(time_s), layout.count)
        return cls(
            time_s,
            layout,
            np.full((*shape, 3), np.nan),
            np.full(shape, NO_KEY),
            np.zeros(shape, bool),
            np.zeros(shape),
            np.full(shape, idle_z),
        )

    def window(self, begin: int, end: int) -> "FingertipPlan":
        """Return rows `begin` to `end` (exclusive)."""
        rows = slice(begin, end)
        return FingertipPlan(
            self.time_s[rows],
            self.layout,
            self.position[rows],
            self.key[rows],
            self.contact[rows],
            self.approach[rows],
            self.floor[rows],
        )

    def keys_at(self, time_s: NDArray[np.float64], side: int) -> NDArray[np.int64]:
        """Return the keys of a hand's fingers at other instants, (instants, fingers)."""
        row = np.minimum(np.searchsorted(self.time_s, time_s - 1e-9), len(self.key) - 1)
        return np.asarray(self.key[row][:, self.layout.of_side(side)])


def plan_fingertips(
    strikes: Sequence[Strike],
    time_s: NDArray[np.float64],
    layout: FingerLayout,
    config: FingertipPlanConfig,
    demo_tips: NDArray[np.float64] | None = None,
) -> FingertipPlan:
    """Lay out the fingertips' targets over strikes.

    Args:
        strikes: By onset.
        time_s: (rows,) instants, see `row_times`.
        layout: The hands' fingers.
        config: Geometry.
        demo_tips: (rows, 10, 2) where a pianist had the fingertips [m, world], NaN where that is
            not known: fingers press where they did, as far as keys and neighbours allow, and idle
            ones keep near.
    """
    idle_z = float(key_top().min()) + config.tip_m + config.idle_m
    plan = FingertipPlan.free(time_s, layout, idle_z)
    demo_tips = None if demo_tips is None else layout.as_pianist(demo_tips)
    released = np.zeros(layout.count, int)  # first row at which each finger is free again
    for strike in strikes:
        if strike.release_s > time_s[0]:
            released[strike.finger] = _add(plan, strike, released[strike.finger], config, demo_tips)
    if demo_tips is not None:
        near = _keep_near(plan.position, demo_tips, idle_z)
        plan.approach[near] = config.demo_weight
    return plan


def _add(
    plan: FingertipPlan,
    strike: Strike,
    released: int,
    config: FingertipPlanConfig,
    demo_tips: NDArray[np.float64] | None,
) -> int:
    """Add a strike of a finger that is free from row `released` on; return its next free row."""
    time_s, finger, key = plan.time_s, strike.finger, strike.key
    press = _nearest(time_s, strike.press_s)
    release = max(_nearest(time_s, strike.release_s), press)
    ready = min(_nearest(time_s, strike.ready_s), press - 1)
    x = config.black_x_m if is_black()[key] else config.white_x_m
    if demo_tips is not None:
        x = _place_on_key(x, demo_tips[press : release + 1, finger, 0], key)
    top = key_top()[key] + config.tip_m
    above = top + config.hover(strike.velocity)
    begin = max(released, int(np.searchsorted(time_s, strike.ready_s - config.reach_s)))
    plan.key[begin : release + 1, finger] = key
    plan.position[begin : release + 1, finger] = x, key_y()[key], above
    if begin <= ready:
        ahead = slice(begin, ready + 1)
        until_s = time_s[ready] - time_s[ahead]
        plan.approach[ahead, finger] = np.maximum(1 - until_s / config.reach_s, _LEAST_APPROACH)
        plan.floor[ready, finger] = above
    plan.floor[max(ready + 1, released) : release + 1, finger] = -np.inf
    bed = top - pressed_drop(key, x) - config.press(strike.velocity)
    descent = slice(max(ready + 1, released), press)
    share = (time_s[descent] - time_s[max(ready, 0)]) / (time_s[press] - time_s[max(ready, 0)])
    plan.position[descent, finger, 2] = above + (bed - above) * share**2 * (3 - 2 * share)
    plan.approach[descent, finger] = config.descend
    hold = slice(press, release + 1)
    plan.contact[hold, finger] = True
    plan.approach[hold, finger] = 1.0
    plan.position[hold, finger] = x, key_y()[key], bed
    rising = slice(release + 1, int(np.searchsorted(time_s, strike.release_s + config.rise_s)))
    clear = time_s[rising] - time_s[release] > UP_S - APART_S
    plan.floor[rising, finger] = np.where(clear, above, -np.inf)
    if config.leave and strike.way_m > config.leave_m:  # up first, or it catches in other keys
        until = int(np.searchsorted(time_s, strike.release_s + config.leave_s))
        leaving = slice(release + 1, max(until, release + 2))
        plan.position[leaving, finger] = x, key_y()[key], above
        plan.approach[leaving, finger] = config.leave
    return release + 1


def _nearest(time_s: NDArray[np.float64], instant: float) -> int:
    after = min(int(np.searchsorted(time_s, instant)), len(time_s) - 1)
    before = max(after - 1, 0)
    return after if time_s[after] - instant < instant - time_s[before] else before


def _keep_near(
    position: NDArray[np.float64], demo_tips: NDArray[np.float64], idle_z: float
) -> NDArray[np.bool_]:
    """Place fingertips with nothing else to do where a pianist's were, and return which."""
    near = np.isnan(position[..., 0]) & np.isfinite(demo_tips[..., 0])
    position[..., :2][near] = demo_tips[near]
    position[..., 2][near] = idle_z
    return np.asarray(near)


def _place_on_key(x: float, human_x: NDArray[np.float64], key: int) -> float:
    """Return where on a key to press: where the human did, within what robot fingers can reach."""
    if not np.isfinite(human_x).any():
        return x
    low, high = _BLACK_REACH_M if is_black()[key] else _WHITE_REACH_M
    return float(np.clip(np.nanmedian(human_x), low, high))
