"""Delay of a hand's departure from its keys, with a faster move to the next ones."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.kinematics import HandKinematics
from pianomime.planning.performance_plan import FEEDBACK_GAIN, PerformancePlan
from pianomime.refinement.change import Change

Array = NDArray[np.float64]

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
    contact = plan.fingertips.contact[: step + 1 + timing.steps(_LONGEST_S)]
    held = np.flatnonzero(contact[: step + 2, finger])
    if not len(held):
        return None
    leave = int(held[-1]) + 1
    hand = contact[leave:, plan.fingertips.layout.of_side(kinematics.side)]
    onsets = np.flatnonzero((hand[1:] & ~hand[:-1]).any(axis=1))
    if not len(onsets) or onsets[0] == 0:
        return None
    way = int(onsets[0]) + 1  # steps until the hand presses again
    latest = min(max(1, timing.steps(_LATEST_S)), way - 1)
    later = rng.uniform(0.5, 1.0) * rng.integers(1, latest + 1)
    row = np.arange(leave - 1, leave - 1 + way)
    then = row - later * np.arange(way, 0, -1) / way
    targets = plan.target.reshape(-1, plan.target.shape[-1])
    at = then[:, None] * points + np.arange(points)
    change = _between(targets, at) - plan.target[row]
    change += FEEDBACK_GAIN * (_between(plan.position, then) - plan.position[row])[:, None]
    full = np.zeros_like(change)
    full[..., kinematics.joints] = change[..., kinematics.joints]
    return Change(slice(leave - 1, leave - 1 + way), full)


def _between(values: Array, row: Array) -> Array:
    """Interpolate values (rows, n) at fractional rows (...) before the last, (..., n)."""
    low = np.floor(row).astype(int)
    share = (row - low)[..., None]
    return np.asarray((1 - share) * values[low] + share * values[low + 1])
