"""How fast the joints may be planned to move."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pianomime.config import Config, parameter

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class MotionLimits(Config):
    """Limits of the planned motion; what they make impossible is played late or not at all.

    They are kept to within some percent, but for leaps across the keyboard in a step, which go up
    to twice as fast: the hard limits are the gate's. Those are on targets, which run ahead of the
    joints; these are on where the joints are to be. The defaults cost the simulated hands nothing
    on training clips; for real hands set both to the maker's.
    """

    max_joint_velocity: float = parameter(
        12.0, "Largest planned velocity of a hinge [rad/s]", ge=0.01, le=1000.0
    )
    max_joint_acceleration: float = parameter(
        400.0, "Largest planned acceleration of a hinge [rad/s^2]", ge=0.01, le=1e5
    )
    max_slide_velocity: float = parameter(
        1.0, "Largest planned velocity of a slide [m/s]", ge=0.001, le=100.0
    )
    max_slide_acceleration: float = parameter(
        27.0, "Largest planned acceleration of a slide [m/s^2]", ge=0.001, le=1e4
    )

    def of_coordinates(self, slides: NDArray[np.bool_]) -> tuple[Array, Array]:
        """Return velocity and acceleration limits (na,) of slides and hinges."""
        return (
            np.where(slides, self.max_slide_velocity, self.max_joint_velocity),
            np.where(slides, self.max_slide_acceleration, self.max_joint_acceleration),
        )
