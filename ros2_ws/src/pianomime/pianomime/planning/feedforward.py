"""Position targets that make the actuators follow a trajectory: inverse dynamics."""

import copy
from typing import Final

import mujoco
import numpy as np
from numpy.typing import NDArray

from pianomime.hands.kinematics import HandKinematics
from pianomime.piano.action import LET_OFF
from pianomime.piano.geometry import (
    HINGE_X_M,
    KEY_PRELOAD_RAD,
    KEY_STIFFNESS_NM_RAD,
    key_max_angle,
    key_top,
)
from pianomime.planning.fingertip_plan import FingertipPlanConfig

Array = NDArray[np.float64]

_LEAST_ARM_M: Final = 0.02
"""Shortest distance from a key's hinge that forces are worked out for [m]."""


class Feedforward:
    """Inverse dynamics of one hand."""

    def __init__(
        self, kinematics: HandKinematics, command_s: float, config: FingertipPlanConfig
    ) -> None:
        """Prepare for trajectories of a hand with `command_s` [s] between rows."""
        self._config = config
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

    def targets(self, pose: Array, key: NDArray[np.int64]) -> Array:
        """Return the target of each actuator between rows, (rows - 1, na).

        A position actuator pushes with gain * (target - position), so the target is the position
        plus the wanted force over the gain. The force moves the hand from one row to the next, and
        pushes the keys against their springs, as far down as the fingertips are.

        Args:
            pose: (rows, na) trajectory, in the hand's coordinates.
            key: (rows, fingers) key of each finger, negative for none.
        """
        middle, velocity, acceleration = motion_of(pose, self._command_s)
        force = self._inverse_dynamics(middle, velocity, acceleration)
        force += velocity * self._velocity_gain
        return np.asarray(middle + (force - self._key_forces(middle, key[1:])) / self._gain)

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

    def _key_forces(self, pose: Array, key: NDArray[np.int64]) -> Array:
        """Return the forces of the pressed keys on the coordinates, (rows, na).

        A force is shared by all joints of the chain, so that a finger that holds its key does not
        lift the hand, as it does by as much as 5 mm where it only aims below the key.
        """
        tips = self._kinematics.fingertips(pose)
        arm_m = np.maximum(tips.position[..., 0] - HINGE_X_M, _LEAST_ARM_M)
        angle = (key_top()[key] + self._config.tip_m - tips.position[..., 2]) / arm_m
        pressed = np.clip(angle, 0.0, key_max_angle()[key])
        spring_n = KEY_STIFFNESS_NM_RAD * (pressed + KEY_PRELOAD_RAD) / arm_m
        share = pressed / key_max_angle()[key]
        bed_n = self._config.push_n * np.clip((share - LET_OFF) / (1 - LET_OFF), 0.0, 1.0)
        push_n = np.where((key >= 0) & (angle > 0), spring_n + bed_n, 0.0)
        return np.asarray(np.einsum("tf,tfj->tj", push_n, tips.jacobian()[:, :, 2]))


def motion_of(pose: Array, row_s: float) -> tuple[Array, Array, Array]:
    """Return the middle, velocity and acceleration of each step of a trajectory (rows, na).

    All three are (rows - 1, na), for rows `row_s` [s] apart, reached from rest.
    """
    middle = 0.5 * (pose[:-1] + pose[1:])
    velocity = np.diff(pose, axis=0) / row_s
    acceleration = np.diff(velocity, axis=0, prepend=0.0) / row_s
    return middle, velocity, acceleration
