"""Delay of a hand's departure from its keys, with a faster move to the next ones."""

from typing import Final

import numpy as np

from pianomime.hands.kinematics import HandKinematics
from pianomime.planning.performance_plan import PerformancePlan
from pianomime.refinement.change import Change, retimed

_LONGEST_S: Final = 3.0
"""Maximum duration of a move to change [s]; only fast leaps release notes early."""

_LATEST_S: Final = 0.15
"""Maximum delay of a departure [s]."""


def hold_longer(
    plan: PerformancePlan,
    kinematics: HandKinematics,
    finger: int,
    step: int,
    rng: np.random.Generator,
) -> Change | None:
    """Delay a hand's motion between a press and its next onset, by a decreasing amount.

    Plans release notes before leaps by a rule for the general case; some leaps can start later.

    Args:
        plan: Plan in which the hand departs too early.
        kinematics: Kinematics of the hand.
        finger: Finger of the hand that has left its key.
        step: Decision in which the key was still a goal, counted from the start of the lead-in.
        rng: Random generator that chooses the delay.

    Returns:
        The change; None if there is no such move.
    """
    timing, points = plan.timing, plan.timing.points
    strike = plan.last_strike(finger, timing.time_s(step + 1 - plan.lead))
    if strike is None:
        return None
    side_of = kinematics.hands.spec.layout.side_of
    onsets = [
        other.press_s
        for other in plan.strikes
        if other.press_s > strike.release_s and side_of(other.finger) == kinematics.side
    ]
    leave = plan.lead + timing.steps(strike.release_s)
    way = plan.lead + timing.steps(min(onsets, default=0.0)) - leave  # until it presses again
    if not 1 < way <= timing.steps(_LONGEST_S):
        return None
    latest = min(max(1, timing.steps(_LATEST_S)), way - 1)
    later = rng.uniform(0.5, 1.0) * rng.integers(1, latest + 1)
    row = np.arange(leave, leave + way)
    then = row - later * np.arange(way, 0, -1) / way
    at = then[:, None] * points + np.arange(points)
    return retimed(plan, kinematics, slice(leave, leave + way), at, then)
