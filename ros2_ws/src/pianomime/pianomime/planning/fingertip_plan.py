"""From a fingered score to where each fingertip has to be at each control step."""

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
from pianomime.score.goals import KeyGoals
from pianomime.score.score import Score

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
    reach_steps: int = parameter(
        3, "Steps before an onset at which the finger heads for its key", ge=1, le=100
    )
    leave: float = parameter(
        0.6, "How much a finger has to be over the key that it leaves, for a step", ge=0.0, le=0.99
    )
    leave_m: float = parameter(
        0.03, "Way of the hand to the next onset from which that matters [m]", ge=0.0
    )
    manner: float = parameter(
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
    """Fingertip targets at the ends of control steps, `lead` steps before the score's first.

    Row r is the instant at which score step r - lead begins, so that the press of a note on steps
    first..last shows in rows lead + first + 1 .. lead + last + 1.

    Attributes:
        lead: Rows before the score begins.
        layout: The hands' fingers.
        position: (rows, fingers, 3) [m, world]; NaN where the finger is free to be anywhere.
        key: (rows, fingers) key the finger is on or heads for, `NO_KEY` if none.
        contact: (rows, fingers) True where the finger holds its key down.
        approach: (rows, fingers) 0 .. 1, how much the finger has to be over its key, or the one that it
            leaves, or where a human had it.
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
        return FingertipPlan(
            self.lead - begin,
            self.layout,
            self.position[begin:end],
            self.key[begin:end],
            self.contact[begin:end],
            self.approach[begin:end],
            self.floor[begin:end],
        )


def plan_fingertips(
    score: Score,
    goals: KeyGoals,
    lead: int,
    tail: int,
    layout: FingerLayout,
    config: FingertipPlanConfig,
    manner: NDArray[np.float64] | None = None,
) -> FingertipPlan:
    """Lay out the fingertips' targets over a score.

    Args:
        score: With a finger for each note; notes without one are not played.
        goals: The score on the grid of control steps.
        lead: Steps before the score, to get to the first position.
        tail: Steps after it, with the fingers up.
        layout: The hands' fingers.
        config: Geometry.
        manner: (steps, 10, 2) where a pianist had the fingertips at the ends of the score's steps
            [m, world], NaN where that is not known: fingers press where they did, as far as keys
            and neighbours allow, and idle ones keep near.
    """
    rows = lead + len(goals.keys) + tail + 1
    fingers = layout.count
    position = np.full((rows, fingers, 3), np.nan)
    key = np.full((rows, fingers), NO_KEY)
    contact = np.zeros((rows, fingers), bool)
    approach = np.zeros((rows, fingers))
    manner = None if manner is None else layout.as_pianist(manner)
    released = np.zeros(fingers, int)  # first row at which each finger is free again
    for played in played_notes(score, goals, layout, config):
        note = score.notes[played.index]
        finger, pressed_key = note.finger, note.key
        first, last = max(lead + played.first + 1, 0), lead + played.last + 1
        if last < 0:
            continue  # over before the first row
        x = config.black_x_m if is_black()[pressed_key] else config.white_x_m
        if manner is not None:
            x = _place_on_key(x, manner[played.first : played.last + 1, finger, 0], pressed_key)
        top = key_top()[pressed_key] + config.tip_m
        start = max(released[finger], first - config.reach_steps)
        ahead = np.arange(start, first)
        key[start : last + 1, finger] = pressed_key
        above = top + config.hover(note.velocity)
        position[start : last + 1, finger] = x, key_y()[pressed_key], above
        approach[ahead, finger] = 1 - (first - 1 - ahead) / config.reach_steps
        contact[first : last + 1, finger] = True
        approach[first : last + 1, finger] = 1.0
        down = top - pressed_drop(pressed_key, x) - config.press_m
        position[first : last + 1, finger, 2] = down
        released[finger] = last + 1
        if config.leave and played.way_m > config.leave_m:  # up first, or it catches in other keys
            position[last + 1 : last + 2, finger] = x, key_y()[pressed_key], above
            approach[last + 1 : last + 2, finger] = config.leave
    if manner is not None:
        manner = manner[: rows - lead - 1]
        rows_of = slice(lead + 1, lead + 1 + len(manner))
        near = np.isnan(position[rows_of, :, 0]) & np.isfinite(manner[..., 0])
        position[rows_of, :, :2][near] = manner[near]
        position[rows_of, :, 2][near] = key_top().min() + config.tip_m + config.idle_m
        approach[rows_of][near] = config.manner
    floor = np.full((rows, fingers), key_top().min() + config.tip_m + config.idle_m)
    heading = approach >= 1.0
    floor[heading] = np.where(contact[heading], -np.inf, position[heading, 2])
    return FingertipPlan(lead, layout, position, key, contact, approach, floor)


def _place_on_key(x: float, human_x: NDArray[np.float64], key: int) -> float:
    """Return where on a key to press: where the human did, within what robot fingers can reach."""
    if not np.isfinite(human_x).any():
        return x
    low, high = _BLACK_REACH_M if is_black()[key] else _WHITE_REACH_M
    return float(np.clip(np.nanmedian(human_x), low, high))
