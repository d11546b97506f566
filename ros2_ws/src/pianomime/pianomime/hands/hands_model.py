"""Names, limits and coupling of the two hands, read off the compiled model."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import mujoco
import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import SIDES

PEDAL = "sustain_pedal"
"""Joint name under which the sustain pedal is commanded: 0 up, 1 down."""

PEDAL_GROUP = "pedal_controller"


@dataclass(frozen=True)
class HandsModel:
    """The hands' joints in one fixed order: left then right, each in the model's order.

    Public names are Shadow's (`rh_FFJ4`), the forearm's slides `rh_forearm_tx`. Commands name
    real joints; joints 1 and 2 of a finger share one tendon (J0 = J1 + J2) and only the sum of
    their targets acts.

    Attributes:
        model: The compiled model.
        joint_names: (n,) public names.
        joint_ids: (n,) MuJoCo joint ids.
        coupling: (nu, n) matrix from joint targets to actuator targets.
    """

    model: mujoco.MjModel
    joint_names: tuple[str, ...]
    joint_ids: NDArray[np.int64]
    coupling: NDArray[np.float64]

    @classmethod
    def of(cls, model: mujoco.MjModel) -> "HandsModel":
        """Read `model`."""
        names: list[str] = []
        ids: list[int] = []
        for side in SIDES:
            for joint in range(model.njnt):
                scope, _, name = model.joint(joint).name.partition("/")
                if scope == f"{side}_shadow_hand":
                    names.append(name if name.startswith(side) else f"{side}_{name}")
                    ids.append(joint)
        coupling = np.zeros((model.nu, len(ids)))
        for actuator in range(model.nu):
            target = model.actuator_trnid[actuator, 0]
            if model.actuator_trntype[actuator] == mujoco.mjtTrn.mjTRN_TENDON:
                start = model.tendon_adr[target]
                for wrap in range(start, start + model.tendon_num[target]):
                    coupling[actuator, ids.index(model.wrap_objid[wrap])] = model.wrap_prm[wrap]
            else:
                coupling[actuator, ids.index(target)] = 1.0
        return cls(model, tuple(names), np.array(ids), coupling)

    @cached_property
    def qpos_index(self) -> NDArray[np.int64]:
        """Addresses of the joints in qpos, (n,)."""
        return np.asarray(self.model.jnt_qposadr[self.joint_ids], np.int64)

    @cached_property
    def dof_index(self) -> NDArray[np.int64]:
        """Addresses of the joints in qvel, (n,)."""
        return np.asarray(self.model.jnt_dofadr[self.joint_ids], np.int64)

    @cached_property
    def lower(self) -> NDArray[np.float64]:
        """Lower joint limits [rad, m], (n,)."""
        return np.asarray(self.model.jnt_range[self.joint_ids, 0])

    @cached_property
    def upper(self) -> NDArray[np.float64]:
        """Upper joint limits [rad, m], (n,)."""
        return np.asarray(self.model.jnt_range[self.joint_ids, 1])

    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Joint names of each command group, keyed by the controller's name.

        Shadow drives fingers and wrist by separate controllers; the forearm's slides belong to an
        arm or rail; the pedal to the piano.
        """
        groups: dict[str, tuple[str, ...]] = {}
        for side in SIDES:
            mine = [name for name in self.joint_names if name.startswith(side)]
            wrist = tuple(name for name in mine if "WRJ" in name)
            forearm = tuple(name for name in mine if "forearm" in name)
            fingers = tuple(name for name in mine if name not in wrist + forearm)
            groups[f"{side}_trajectory_controller"] = fingers
            groups[f"{side}_wr_trajectory_controller"] = wrist
            groups[f"{side}_forearm_controller"] = forearm
        groups[PEDAL_GROUP] = (PEDAL,)
        return groups

    @property
    def lifts(self) -> bool:
        """Whether the forearms move up and down."""
        return any(name.endswith("forearm_tz") for name in self.joint_names)

    def index(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Return the positions of `names` in `joint_names`; KeyError names an unknown one."""
        where = {name: i for i, name in enumerate(self.joint_names)}
        return np.array([where[name] for name in names], np.int64)
