"""Position targets that make the actuators follow a trajectory: inverse dynamics."""

import copy

import mujoco
import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import FINGERS_PER_HAND
from pianomime.hands.hands_model import HandsModel
from pianomime.hands.kinematics import HandKinematics
from pianomime.piano.geometry import (
    HINGE_X_M,
    KEY_PRELOAD_RAD,
    KEY_STIFFNESS_NM_RAD,
    key_max_angle,
)
from pianomime.planning.fingertip_plan import FingertipPlan

Array = NDArray[np.float64]


def actuator_targets(
    hands: HandsModel,
    kinematics: HandKinematics,
    side: int,
    pose: Array,
    plan: FingertipPlan,
    dt_s: float,
) -> Array:
    """Return the target of each actuator in each control step, (rows - 1, na).

    A position actuator pushes with gain * (target - position), so the target is the position plus
    the wanted force over the gain. The force moves the hand from one row to the next, and holds
    the pressed keys down against their springs.

    Args:
        hands: The model.
        kinematics: Of hand `side`.
        side: Index into `SIDES`.
        pose: (rows, na) trajectory, in the hand's coordinates.
        plan: What the fingers press.
        dt_s: Time between rows [s].
    """
    middle = 0.5 * (pose[:-1] + pose[1:])
    velocity = np.diff(pose, axis=0) / dt_s
    acceleration = np.diff(velocity, axis=0, prepend=0.0) / dt_s
    force = _inverse_dynamics(hands, kinematics, middle, velocity, acceleration)
    force -= _key_forces(kinematics, side, pose, plan)
    gain = hands.model.actuator_gainprm[kinematics.actuators, 0]
    return np.asarray(middle + force / gain)


def _inverse_dynamics(
    hands: HandsModel, kinematics: HandKinematics, pose: Array, velocity: Array, acceleration: Array
) -> Array:
    """Return the actuator forces that move the hand in free air, (rows, na)."""
    model = copy.copy(hands.model)
    model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONSTRAINT
    data = mujoco.MjData(model)
    joints, qpos = kinematics.joints, hands.qpos_index[kinematics.joints]
    dof = hands.dof_index[joints]
    force = np.empty((len(pose), len(joints)))
    for row in range(len(pose)):
        data.qpos[qpos] = kinematics.expand @ pose[row]
        data.qvel[dof] = kinematics.expand @ velocity[row]
        data.qacc[dof] = kinematics.expand @ acceleration[row]
        mujoco.mj_inverse(model, data)
        force[row] = data.qfrc_inverse[dof]
    return np.asarray(force @ kinematics.expand)  # a tendon pulls both of its joints alike


def _key_forces(kinematics: HandKinematics, side: int, pose: Array, plan: FingertipPlan) -> Array:
    """Return the forces of the pressed keys' springs on the coordinates, (rows - 1, na)."""
    mine = slice(side * FINGERS_PER_HAND, (side + 1) * FINGERS_PER_HAND)
    contact, key = plan.contact[1:, mine], plan.key[1:, mine]
    arm_m = plan.position[1:, mine, 0] - HINGE_X_M
    torque_nm = KEY_STIFFNESS_NM_RAD * (key_max_angle()[key] + KEY_PRELOAD_RAD)
    push_n = np.where(contact, torque_nm / np.where(contact, arm_m, 1.0), 0.0)
    jacobian = kinematics.fingertips(pose[1:]).jacobian()
    per_joint = np.einsum("tf,tfj->tj", push_n, jacobian[:, :, 2])
    return np.asarray(per_joint / kinematics.expand.astype(bool).sum(axis=0))
