"""Follow given fingertips step by step, as the paper's experts begin (section 3.2): a baseline.

One damped least-squares step of both hands per control step, from the posture of the step before;
nothing is known of what comes next, of the actuators' lag or of the keys.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import SIDES
from pianomime.hands.hands_model import HandsModel
from pianomime.hands.kinematics import HandKinematics

Array = NDArray[np.float64]

_DAMPING: Final = 1e-6
_POSTURE: Final = 1e-4
"""Pull to the relaxed pose: fingertips leave some joints of a hand free."""


def follow_fingertips(hands: HandsModel, fingertips: Array, lead: int) -> Array:
    """Return joint targets (lead + steps, n) [rad, m].

    Args:
        hands: The hands.
        fingertips: (steps, fingers, 3) where each tip is to be at the end of each step [m, world].
        lead: Control steps before, to get to the first.
    """
    wanted = np.concatenate([np.repeat(fingertips[:1], lead, axis=0), fingertips])
    target = np.zeros((len(wanted), len(hands.joint_names)))
    for side in range(len(SIDES)):
        kinematics = HandKinematics(hands, side)
        mine = hands.spec.layout.of_side(side)
        relaxed = kinematics.relaxed
        pose = relaxed.copy()
        for step, tips in enumerate(wanted[:, mine]):
            now = kinematics.fingertips(pose[None])
            jacobian = now.jacobian()[0].reshape(-1, kinematics.n)
            error = (tips - now.position[0]).ravel()
            square = jacobian.T @ jacobian + (_DAMPING + _POSTURE) * np.eye(kinematics.n)
            pull = jacobian.T @ error + _POSTURE * (relaxed - pose)
            pose = np.clip(pose + np.linalg.solve(square, pull), kinematics.lower, kinematics.upper)
            target[step, kinematics.joints] = kinematics.expand @ pose
    return target
