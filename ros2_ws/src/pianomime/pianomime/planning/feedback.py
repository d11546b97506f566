"""Correction of targets by where the joints really are."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import SIDES
from pianomime.hands.hands_model import HandsModel
from pianomime.hands.kinematics import HandKinematics

Array = NDArray[np.float64]

JOINT_GAIN: Final = 0.4
"""Feedback gain on joint position error. Below 1 because the position actuators already correct
most of the error within a decision. Chosen on training clips."""

_ALONG_KEY: Final = 0.3
"""Weight of a fingertip's error along its key, relative to the other directions."""

_DAMPING_M2: Final = 1e-6
"""Damping of the inverse Jacobian [m²]."""


class Feedback:
    """Feedback on joint positions, and on fingertips where coupled joints drift apart.

    A tendon moves two joints, whose sum its actuator controls; a key that is pressed drives them
    apart, by up to 0.4 rad, and the fingertip comes off its key with no error of the actuated
    coordinates. So the finger's own coordinates move the tip back.
    """

    def __init__(self, hands: HandsModel) -> None:
        """Prepare for a pair of hands."""
        self._hands = [HandKinematics(hands, side) for side in range(len(SIDES))]

    def correction(self, now: Array, ahead: Array, measured: Array) -> Array:
        """Return what to add to the targets, (points, n) [rad, m].

        Args:
            now: (n,) where the joints are to be when the decision begins [rad, m].
            ahead: (points, n) where they are to be when the targets are reached.
            measured: (n,) where they are.
        """
        by = np.zeros_like(ahead)
        for hand in self._hands:
            drift = _drift(hand, measured) - _drift(hand, now)
            back = _tips_back(hand, np.concatenate((now[None], ahead)), drift)
            error = (now - measured)[hand.joints] + back[0]
            by[:, hand.joints] = JOINT_GAIN * error + back[1:]
        return by


def _drift(hand: HandKinematics, position: Array) -> Array:
    """Return how far each joint of a hand is from where its coordinates have it, (nj,)."""
    return np.asarray(position[hand.joints] - hand.expand @ hand.pose(position))


def _tips_back(hand: HandKinematics, ahead: Array, drift: Array) -> Array:
    """Return the change of a hand's joints that moves its drifted tips back, (points, nj)."""
    pose = hand.pose(ahead)
    planned = hand.fingertips(pose)
    weight = np.array([_ALONG_KEY, 1.0, 1.0])
    off = (planned.position - hand.fingertips(pose, drift).position) * weight
    jacobian = planned.jacobian() * hand.own[:, None] * weight[:, None]
    across = jacobian.swapaxes(-1, -2)
    square = jacobian @ across + _DAMPING_M2 * np.eye(3)
    change = (across @ np.linalg.solve(square, off[..., None]))[..., 0].sum(axis=1)
    return np.asarray(change @ hand.expand.T)
