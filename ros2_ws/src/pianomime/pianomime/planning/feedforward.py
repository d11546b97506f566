"""Position targets that make the actuators follow a trajectory: inverse dynamics."""

import copy

import mujoco
import numpy as np
from numpy.typing import NDArray

from pianomime.hands.kinematics import HandKinematics
from pianomime.piano.geometry import (
    HINGE_X_M,
    KEY_PRELOAD_RAD,
    KEY_STIFFNESS_NM_RAD,
    key_max_angle,
)
from pianomime.planning.fingertip_plan import FingertipPlan

Array = NDArray[np.float64]


class Feedforward:
    """Inverse dynamics of one hand."""

    def __init__(self, kinematics: HandKinematics, command_s: float) -> None:
        """Prepare for trajectories of a hand with `command_s` [s] between rows."""
        self._kinematics = kinematics
        self._command_s = command_s
        hands = kinematics.hands
        self._gain = hands.model.actuator_gainprm[kinematics.actuators, 0]
        self._velocity_gain = hands.velocity_gain[kinematics.actuators]
        self._qpos = hands.qpos_index[kinematics.joints]
        self._dof = hands.dof_index[kinematics.joints]
        self._model = copy.copy(hands.model)
        self._model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONSTRAINT
        self._data = mujoco.MjData(self._model)

    def targets(self, pose: Array, plan: FingertipPlan) -> Array:
        """Return the target of each actuator between rows, (rows - 1, na).

        A position actuator pushes with gain * (target - position), so the target is the position
        plus the wanted force over the gain. The force moves the hand from one row to the next, and
        holds the pressed keys down against their springs.

        Args:
            pose: (rows, na) trajectory, in the hand's coordinates.
            plan: What the fingers press in these rows.
        """
        middle, velocity, acceleration = motion_of(pose, self._command_s)
        force = self._inverse_dynamics(middle, velocity, acceleration)
        force += velocity * self._velocity_gain
        return np.asarray(middle + (force - self._key_forces(pose, plan)) / self._gain)

    def _inverse_dynamics(self, pose: Array, velocity: Array, acceleration: Array) -> Array:
        """Return the actuator forces that move the hand in free air, (rows, na)."""
        data, expand = self._data, self._kinematics.expand
        force = np.empty((len(pose), len(expand)))
        for row in range(len(pose)):
            data.qpos[self._qpos] = expand @ pose[row]
            data.qvel[self._dof] = expand @ velocity[row]
            data.qacc[self._dof] = expand @ acceleration[row]
            mujoco.mj_inverse(self._model, data)
            force[row] = data.qfrc_inverse[self._dof]
        return np.asarray(force @ expand)  # a tendon pulls both of its joints alike

    def _key_forces(self, pose: Array, plan: FingertipPlan) -> Array:
        """Return the forces of the pressed keys' springs on the coordinates, (rows - 1, na)."""
        mine = plan.layout.of_side(self._kinematics.side)
        contact, key = plan.contact[1:, mine], plan.key[1:, mine]
        arm_m = plan.position[1:, mine, 0] - HINGE_X_M
        torque_nm = KEY_STIFFNESS_NM_RAD * (key_max_angle()[key] + KEY_PRELOAD_RAD)
        push_n = np.where(contact, torque_nm / np.where(contact, arm_m, 1.0), 0.0)
        jacobian = self._kinematics.fingertips(pose[1:]).jacobian()
        return np.asarray(np.einsum("tf,tfj->tj", push_n, jacobian[:, :, 2]))


def motion_of(pose: Array, row_s: float) -> tuple[Array, Array, Array]:
    """Return the middle, velocity and acceleration of each step of a trajectory (rows, na).

    All three are (rows - 1, na), for rows `row_s` [s] apart, reached from rest.
    """
    middle = 0.5 * (pose[:-1] + pose[1:])
    velocity = np.diff(pose, axis=0) / row_s
    acceleration = np.diff(velocity, axis=0, prepend=0.0) / row_s
    return middle, velocity, acceleration
