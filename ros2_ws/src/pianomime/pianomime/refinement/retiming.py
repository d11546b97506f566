"""Shift of a hand's strike in time."""

from typing import Final

import numpy as np

from pianomime.hands.kinematics import HandKinematics
from pianomime.planning.performance_plan import PerformancePlan
from pianomime.refinement.change import Change, retimed

_AROUND_S: Final = 0.15
"""Time before and after the strike in which the shift grows from 0 and falls back to it [s]."""


def strike_earlier(
    plan: PerformancePlan, kinematics: HandKinematics, row: int, by_s: float
) -> Change | None:
    """Advance the motion of a hand around a strike; negative `by_s` delays it.

    The fingers alone cannot do it: the wrist has a part in their strikes.

    Args:
        plan: Plan in which the strike is late or early.
        kinematics: Kinematics of the hand.
        row: Decision by whose end the key is to be down, counted from the start of the lead-in.
        by_s: Time by which to advance the strike [s].

    Returns:
        The change; None if the strike is at an end of the plan.
    """
    timing, points = plan.timing, plan.timing.points
    around = max(1, timing.steps(_AROUND_S))
    rows = slice(row - around, row + around + 1)
    if rows.start < around or rows.stop + around >= len(plan.target):
        return None
    begin = np.arange(rows.start, rows.stop)
    at = begin[:, None] + np.arange(points) / points
    shift = by_s / timing.decision_s * np.clip(1 - np.abs(at - row) / (around + 1), 0, 1)
    return retimed(plan, kinematics, rows, (at + shift) * points, begin + shift[:, 0])
