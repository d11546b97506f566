"""One hand as its actuators move it: masses and dampers drawn by springs."""

import mujoco
import numpy as np
from numpy.typing import NDArray

from pianomime.hands.kinematics import HandKinematics

Array = NDArray[np.float64]


class ActuatorModel:
    """A hand linear about its relaxed pose: target = pose + damper velocity + mass acceleration.

    Attributes:
        mass: (na, na) inertia over the actuators' gains [s^2].
        damper: (na, na) damping over the gains [s].
        lower: (na,) least target of each actuator [rad, m].
        upper: (na,) largest.
    """

    def __init__(self, kinematics: HandKinematics) -> None:
        """Read a hand off the model."""
        hands = kinematics.hands
        actuators, expand = kinematics.actuators, kinematics.expand
        self.lower, self.upper = hands.model.actuator_ctrlrange[actuators].T
        dof = hands.dof_index[kinematics.joints]
        data = mujoco.MjData(hands.model)
        data.qpos[hands.qpos_index[kinematics.joints]] = expand @ kinematics.relaxed
        mujoco.mj_forward(hands.model, data)
        mass = np.zeros((hands.model.nv, hands.model.nv))
        mujoco.mj_fullM(hands.model, data, mass)
        spring = hands.model.actuator_gainprm[actuators, 0][:, None]
        self.mass: Array = expand.T @ mass[np.ix_(dof, dof)] @ expand / spring
        damper = expand.T @ np.diag(hands.model.dof_damping[dof]) @ expand
        damper += np.diag(hands.velocity_gain[actuators])
        self.damper: Array = damper / spring
