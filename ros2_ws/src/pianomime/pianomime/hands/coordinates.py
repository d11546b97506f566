"""Actuated coordinates of one hand: one for each actuator.

Joints that share a tendon move together. With equal damping and a common force each of two takes
half of their sum, which is how they move in free air.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pianomime.errors import ModelError
from pianomime.hands.fingers import SIDES
from pianomime.hands.hand_spec import Pose

if TYPE_CHECKING:
    from pianomime.hands.hands_model import HandsModel

Array = NDArray[np.float64]


class HandCoordinates:
    """Coordinates of one hand, and how its joints follow them.

    Attributes:
        hands: Both hands.
        side: Which of them it is, an index into `SIDES`.
        joints: Positions of the hand's joints in `HandsModel.joint_names`, (nj,).
        actuators: MuJoCo ids of the hand's actuators, (na,); the order of the coordinates.
        names: The joint or tendon that each drives, without side, (na,).
        expand: (nj, na), from coordinates to joint positions.
        lower: Lower limits of the coordinates [rad, m], (na,).
        upper: Upper limits, (na,).
        slides: Which coordinates are slides of the mounting, (na,).
        along: The coordinate that moves the hand along the keyboard.
        relaxed: Relaxed posture over the keys, (na,).
    """

    def __init__(self, hands: "HandsModel", side: int) -> None:
        """Read hand `side` (an index into `SIDES`) off the model.

        Raises:
            ModelError: The description names a coordinate that there is not.
        """
        spec = hands.spec
        self.hands, self.side = hands, side
        self.joints = np.array(
            [i for i, name in enumerate(hands.joint_names) if name.startswith(f"{SIDES[side]}_")]
        )
        coupling = hands.coupling[:, self.joints]
        self.actuators = np.flatnonzero(coupling.any(axis=1))
        coupling = coupling[self.actuators]
        self.names = tuple(
            spec.short_name(side, hands.transmission(int(actuator))) for actuator in self.actuators
        )
        self.expand = (coupling / coupling.sum(axis=1, keepdims=True)).T
        self._contract = coupling
        self.lower = coupling @ hands.lower[self.joints]
        self.upper = coupling @ hands.upper[self.joints]
        slides = [slide.joint for slide in spec.mounting.slides]
        self.slides = np.array([name in slides for name in self.names])
        self.along = self._index(spec.mounting.along.joint, "mounting.along")
        self.relaxed = self.posture(spec.relaxed, np.zeros(self.n), "relaxed")

    @property
    def n(self) -> int:
        """Number of coordinates."""
        return len(self.actuators)

    def pose(self, position: Array) -> Array:
        """Return the coordinates (..., na) of both hands' joint positions (..., n) [rad, m]."""
        return np.asarray(position[..., self.joints] @ self._contract.T)

    def posture(self, named: Pose, otherwise: Array, what: str) -> Array:
        """Return `otherwise` (na,) with the coordinates that are named in place, (na,) [rad, m].

        Raises:
            ModelError: There is no coordinate of a name; `what` is the posture's.
        """
        pose = otherwise.copy()
        for name, value in named.items():
            pose[self._index(name, what)] = value[self.side]
        return pose

    def _index(self, name: str, what: str) -> int:
        if name not in self.names:
            raise ModelError(
                f"{self.hands.spec.name}: {what}: no coordinate {name!r}; there are: "
                + ", ".join(self.names)
            )
        return self.names.index(name)
