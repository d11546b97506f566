"""From a fingered score to where each fingertip has to be at each control step."""

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
from pianomime.planning.played_notes import LeapConfig, played_notes
from pianomime.score.step_notes import StepNote
from pianomime.timing import Timing

NO_KEY: Final = -1

_WHITE_REACH_M: Final = (0.030, 0.065)
_BLACK_REACH_M: Final = (-0.035, 0.005)
"""Where keys can be pressed, x [m]: clear of black keys' fronts, and not too near their hinges."""


@dataclass(frozen=True, kw_only=True)
class FingertipPlanConfig(LeapConfig):
    """Where on a key a fingertip goes, and how far above the keys it keeps otherwise."""

    white_x_m: float = parameter(0.045, "Where a white key is pressed, x [m]", ge=0.015, le=0.075)
    black_x_m: float = parameter(-0.005, "Where a black key is pressed, x [m]", ge=-0.075, le=0.015)
    tip_m: float = parameter(0.008, "Height of the fingertip site over the key it touches [m]")
    press_m: float = parameter(0.010, "How far below the pressed key's face to aim [m]", ge=0.0)
    hover_m: float = parameter(0.007, "Clearance over a key just before it is pressed [m]", ge=0.0)
    hover_more_m: float = parameter(
        0.0005, "More of it for each unit of MIDI velocity above 64 [m]", ge=0.0
    )
    hover_least_m: float = parameter(0.004, "Least of it, for the softest notes [m]", ge=0.0)
    idle_m: float = parameter(0.022, "Clearance over the keys of an idle finger [m]", ge=0.0)
    reach_s: float = parameter(
        0.15, "Time before an onset at which the finger heads for its key [s]", ge=0.0, le=5.0
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

    def hover(self, velocity: int) -> float:
        """Return the height [m] over a key from which to strike it: the louder, the higher."""
        return max(self.hover_m + self.hover_more_m * (velocity - 64), self.hover_least_m)


@dataclass(frozen=True)
class FingertipPlan:
    """Fingertip targets at the ends of decisions, from `lead` decisions before the score on.

    Row r is the instant at which decision r - lead of the score begins, so that the press of a note
    of decisions first..last shows in rows lead + first + 1 .. lead + last + 1.

    Attributes:
        lead: Rows before the score begins.
        layout: The hands' fingers.
        position: (rows, fingers, 3) [m, world]; NaN where the finger is free to be anywhere.
        key: (rows, fingers) key the finger is on or heads for, `NO_KEY` if none.
        contact: (rows, fingers) True where the finger holds its key down.
        approach: (rows, fingers) 0 .. 1, how much the finger has to be over its key, or the one
            that it leaves, or where a human had it.
        floor: (rows, fingers) least height of the fingertip [m].
    """

    lead: int
    layout: FingerLayout
    position: NDArray[np.float64]
    key: NDArray[np.int64]
    contact: NDArray[np.bool_]
    approach: NDArray[np.float64]
    floor: NDArray[np.float64]

    def window(self, begin: int, end: int) -> "FingertipPlan":
        """Return rows `begin` to `end` (exclusive)."""
        return self._rows(slice(begin, end), self.lead - begin)

    def finer(self, points: int) -> "FingertipPlan":
        """Return the plan with `points` rows for each but the first, equal to it."""
        if points == 1:
            return self
        rows = np.concatenate(([0], np.repeat(np.arange(1, len(self.key)), points)))
        return self._rows(rows, self.lead * points)

    def _rows(self, rows: slice | NDArray[np.int64], lead: int) -> "FingertipPlan":
        return FingertipPlan(
            lead,
            self.layout,
            self.position[rows],
            self.key[rows],
            self.contact[rows],
            self.approach[rows],
            self.floor[rows],
        )


@dataclass(frozen=True)
class Span:
    """Decisions of a plan.

    Attributes:
        lead: Before the score, to get to the first position.
        steps: Of the score.
        tail: After it, with the fingers up.
    """

    lead: int
    steps: int
    tail: int = 0


def plan_fingertips(
    notes: Sequence[StepNote],
    span: Span,
    timing: Timing,
    layout: FingerLayout,
    config: FingertipPlanConfig,
    demo_tips: NDArray[np.float64] | None = None,
) -> FingertipPlan:
    """Lay out the fingertips' targets over notes.

    Args:
        notes: With fingers; notes without one are not played.
        span: Decisions to plan.
        timing: Of the decisions.
        layout: The hands' fingers.
        config: Geometry.
        demo_tips: (steps, 10, 2) where a pianist had the fingertips at the ends of the score's
            decisions [m, world], NaN where that is not known: fingers press where they did, as far
            as keys and neighbours allow, and idle ones keep near.
    """
    lead, reach_steps = span.lead, max(1, timing.steps(config.reach_s))
    leave_steps = max(1, timing.steps(config.leave_s))
    shape = (lead + span.steps + span.tail + 1, layout.count)
    position, key = np.full((*shape, 3), np.nan), np.full(shape, NO_KEY)
    contact, approach = np.zeros(shape, bool), np.zeros(shape)
    demo_tips = None if demo_tips is None else layout.as_pianist(demo_tips)
    released = np.zeros(layout.count, int)  # first row at which each finger is free again
    for note, way_m in played_notes(notes, timing, layout, config):
        finger, pressed_key = note.finger, note.key
        first, last = max(lead + note.first + 1, 0), lead + note.last + 1
        if last < 0:
            continue  # over before the first row
        x = config.black_x_m if is_black()[pressed_key] else config.white_x_m
        if demo_tips is not None:
            x = _place_on_key(x, demo_tips[note.first : note.last + 1, finger, 0], pressed_key)
        top = key_top()[pressed_key] + config.tip_m
        start = max(released[finger], first - reach_steps)
        ahead = np.arange(start, first)
        key[start : last + 1, finger] = pressed_key
        above = top + config.hover(note.velocity)
        position[start : last + 1, finger] = x, key_y()[pressed_key], above
        approach[ahead, finger] = 1 - (first - 1 - ahead) / reach_steps
        contact[first : last + 1, finger] = True
        approach[first : last + 1, finger] = 1.0
        position[first : last + 1, finger, 2] = top - pressed_drop(pressed_key, x) - config.press_m
        released[finger] = last + 1
        if config.leave and way_m > config.leave_m:  # up first, or it catches in other keys
            leaving = slice(last + 1, last + 1 + leave_steps)
            position[leaving, finger] = x, key_y()[pressed_key], above
            approach[leaving, finger] = config.leave
    idle_z = key_top().min() + config.tip_m + config.idle_m
    if demo_tips is not None:
        demo_tips = demo_tips[: span.steps + span.tail]
        after = slice(lead + 1, lead + 1 + len(demo_tips))
        near = _keep_near(position[after], demo_tips, idle_z)
        approach[after][near] = config.demo_weight
    floor = np.full(shape, idle_z)
    heading = approach >= 1.0
    floor[heading] = np.where(contact[heading], -np.inf, position[heading, 2])
    return FingertipPlan(lead, layout, position, key, contact, approach, floor)


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
