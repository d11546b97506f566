"""Names, limits and coupling of the two hands, read off the compiled model."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

import mujoco
import numpy as np
from numpy.typing import NDArray

from pianomime.errors import ModelError
from pianomime.hands.coordinates import HandCoordinates
from pianomime.hands.fingers import SIDES
from pianomime.hands.hand_spec import HandSpec, Pose

Array = NDArray[np.float64]

PEDAL = "sustain_pedal"
"""Joint name under which the sustain pedal is commanded: 0 up, 1 down."""

PEDAL_GROUP = "pedal_controller"

PEDAL_DOWN_ABOVE = 0.5
"""Target of `PEDAL` above which the pedal is down."""


@dataclass(frozen=True, eq=False)
class HandsModel:
    """The hands' joints in one fixed order: left then right, each in the model's order.

    Public names are the side and the model's own name, as in `lh_wrist`. Commands
    name real joints; of joints that share a tendon only the sum of their targets acts.

    Attributes:
        spec: Description of the hands.
        model: The compiled model of hands and piano.
        joint_names: (n,) public names.
        joint_ids: (n,) MuJoCo joint ids.
        coupling: (nu, n) matrix from joint targets to actuator targets.
    """

    spec: HandSpec
    model: mujoco.MjModel
    joint_names: tuple[str, ...]
    joint_ids: NDArray[np.int64]
    coupling: Array

    @classmethod
    def of(cls, spec: HandSpec, model: mujoco.MjModel) -> "HandsModel":
        """Read the hands of `spec` off `model`.

        Raises:
            ModelError: The description names what the model does not have, or leaves out a joint.
        """
        names: list[str] = []
        ids: list[int] = []
        for side, scope in enumerate(spec.scopes):
            for joint in range(model.njnt):
                name = model.joint(joint).name
                if name.startswith(f"{scope}/"):
                    names.append(f"{SIDES[side]}_{spec.short_name(side, name)}")
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
        hands = cls(spec, model, tuple(names), np.array(ids), coupling)
        hands._check()
        return hands

    @cached_property
    def qpos_index(self) -> NDArray[np.int64]:
        """Addresses of the joints in qpos, (n,)."""
        return np.asarray(self.model.jnt_qposadr[self.joint_ids], np.int64)

    @cached_property
    def dof_index(self) -> NDArray[np.int64]:
        """Addresses of the joints in qvel, (n,)."""
        return np.asarray(self.model.jnt_dofadr[self.joint_ids], np.int64)

    @cached_property
    def lower(self) -> Array:
        """Lower joint limits [rad, m], (n,)."""
        return np.asarray(self.model.jnt_range[self.joint_ids, 0])

    @cached_property
    def upper(self) -> Array:
        """Upper joint limits [rad, m], (n,)."""
        return np.asarray(self.model.jnt_range[self.joint_ids, 1])

    @property
    def velocity_gain(self) -> Array:
        """Force of each actuator against a velocity of 1, (nu,) [Nms/rad, Ns/m]."""
        return np.asarray(-self.model.actuator_biasprm[:, 2])

    @cached_property
    def is_slide(self) -> NDArray[np.bool_]:
        """Which joints are linear, (n,): those of the mounting."""
        return np.asarray(self.model.jnt_type[self.joint_ids] == mujoco.mjtJoint.mjJNT_SLIDE)

    @cached_property
    def coordinates(self) -> tuple[HandCoordinates, ...]:
        """Actuated coordinates of the left and the right hand."""
        return tuple(HandCoordinates(self, side) for side in range(len(SIDES)))

    @cached_property
    def start(self) -> Array:
        """Joint positions at which a performance begins, (n,) [rad, m]."""
        return self.posture(self.spec.start, np.zeros(len(self.joint_names)), "start")

    @cached_property
    def fingertip_sites(self) -> NDArray[np.int64]:
        """MuJoCo ids of the fingertips' sites, (fingers,), in the order of `FingerLayout`."""
        return np.array(
            [
                self.model.site(f"{scope}/{self.spec.site_name(side, finger)}").id
                for side, scope in enumerate(self.spec.scopes)
                for finger in self.spec.fingers
            ]
        )

    @cached_property
    def bodies(self) -> tuple[NDArray[np.int64], ...]:
        """MuJoCo ids of the bodies of each hand that have a shape."""
        solid = np.flatnonzero(self.model.body_geomnum)
        scope_of = {int(i): self.model.body(int(i)).name.partition("/")[0] for i in solid}
        return tuple(
            np.array([i for i, found in scope_of.items() if found == scope])
            for scope in self.spec.scopes
        )

    @cached_property
    def palms(self) -> NDArray[np.int64]:
        """MuJoCo ids of the bodies that are kept clear of the piano."""
        return np.array(
            [
                body
                for side, bodies in enumerate(self.bodies)
                for body in bodies
                if self.spec.short_name(side, self.model.body(body).name) in self.spec.palms
            ]
        )

    @property
    def lifting_joints(self) -> dict[str, float]:
        """First joint of each hand's lifted posture, and the direction (1, -1) that lifts it.

        Raises:
            ModelError: The posture has no joint.
        """
        found: dict[str, float] = {}
        for side, prefix in enumerate(SIDES):
            for name, value in self.spec.lifted.items():
                if f"{prefix}_{name}" in self.joint_names:
                    found[f"{prefix}_{name}"] = float(np.sign(value[side]))
                    break
        if len(found) < len(SIDES):
            raise ModelError(f"{self.spec.name}: lifted: names no joint of each hand")
        return found

    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Joint names of each command group, keyed by the controller's name."""
        groups: dict[str, tuple[str, ...]] = {}
        for side, prefix in enumerate(SIDES):
            mine = [name for name in self.joint_names if name.startswith(f"{prefix}_")]
            for controller in self.spec.controllers:
                groups[f"{prefix}_{controller}"] = tuple(
                    name for name in mine if self._controller_of(side, name) == controller
                )
        groups[PEDAL_GROUP] = (PEDAL,)
        return groups

    @cached_property
    def position_controllers(self) -> dict[str, tuple[str, ...]]:
        """Joints whose targets' sum goes to each of the driver's position controllers, by name.

        Slides have none. Names of coordinates are in lower case there.

        Raises:
            ModelError: The driver has trajectory controllers alone.
        """
        if not self.spec.driver.position_controller:
            raise ModelError(f"{self.spec.name}: driver: has no position controllers")
        controllers: dict[str, tuple[str, ...]] = {}
        for prefix, hand in zip(SIDES, self.coordinates, strict=True):
            for i in np.flatnonzero(~hand.slides):
                name = self.spec.driver.position_controller.format(
                    side=prefix, coordinate=hand.names[i].lower()
                )
                driven = hand.joints[hand.expand[:, i] != 0]
                controllers[name] = tuple(self.joint_names[joint] for joint in driven)
        return controllers

    def index(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Return the positions of `names` in `joint_names`; KeyError names an unknown one."""
        where = {name: i for i, name in enumerate(self.joint_names)}
        return np.array([where[name] for name in names], np.int64)

    def posture(self, named: Pose, otherwise: Array, what: str) -> Array:
        """Return joint positions `otherwise` (n,) with named coordinates in place, (n,) [rad, m].

        Infinite values are the joints' limits. `what` is the posture's name in an error.
        """
        position = otherwise.copy()
        for hand in self.coordinates:
            mark = hand.posture(named, np.full(hand.n, np.nan), what)
            moved = ~np.isnan(mark)
            expand = hand.expand[:, moved]
            place = expand @ np.clip(mark, hand.lower, hand.upper)[moved]
            driven = expand.any(axis=1)
            position[hand.joints[driven]] = place[driven]
        return position

    def along(self, side: int) -> int:
        """Return the MuJoCo id of the joint that moves a hand along the keyboard."""
        name = f"{SIDES[side]}_{self.spec.mounting.along.joint}"
        return int(self.joint_ids[self.index([name])[0]])

    def transmission(self, actuator: int) -> str:
        """Return the model's name of the joint or tendon that an actuator drives."""
        target = int(self.model.actuator_trnid[actuator, 0])
        if self.model.actuator_trntype[actuator] == mujoco.mjtTrn.mjTRN_TENDON:
            return str(self.model.tendon(target).name)
        return str(self.model.joint(target).name)

    def _check(self) -> None:
        """Check that the description fits the model."""
        spec = self.spec
        for side, prefix in enumerate(SIDES):
            mine = [name for name in self.joint_names if name.startswith(f"{prefix}_")]
            short = [name.removeprefix(f"{prefix}_") for name in mine]
            for slide in spec.mounting.slides:
                if slide.joint not in short:
                    raise ModelError(f"{spec.name}: mounting: no joint {slide.joint!r}")
            for controller, patterns in spec.controllers.items():
                for pattern in patterns:
                    if not any(fnmatchcase(name, pattern) for name in short):
                        raise ModelError(
                            f"{spec.name}: controllers.{controller}: no joint {pattern!r}; "
                            f"there are: {', '.join(short)}"
                        )
            bodies = [spec.short_name(side, self.model.body(i).name) for i in self.bodies[side]]
            for palm in spec.palms:
                if palm not in bodies:
                    known = ", ".join(bodies)
                    raise ModelError(f"{spec.name}: palms: no body {palm!r}; there are: {known}")
        for i in np.flatnonzero(~self.coupling.any(axis=0)):
            raise ModelError(
                f"{spec.name}: joint {self.joint_names[i]!r} has no actuator; name it in actuation"
            )
        for posture in ("relaxed", "start", "lifted"):
            self.posture(getattr(spec, posture), self.lower, posture)
        assert self.groups  # raises where a joint has no controller, or several
        assert len(self.fingertip_sites)

    def _controller_of(self, side: int, name: str) -> str:
        """Return the controller of a joint.

        Raises:
            ModelError: None or several name it.
        """
        short = name.removeprefix(f"{SIDES[side]}_")
        found = [
            controller
            for controller, patterns in self.spec.controllers.items()
            if any(fnmatchcase(short, pattern) for pattern in patterns)
        ]
        if len(found) != 1:
            raise ModelError(
                f"{self.spec.name}: controllers: joint {short!r} must be of exactly one, "
                f"is of {', '.join(found) or 'none'}"
            )
        return found[0]
