"""Between the instants of decisions: trajectories and plans with a row for each target."""

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

Array = NDArray[np.float64]


def finer(pose: Array, points: int) -> Array:
    """Return a trajectory (rows, na) with `points` rows for each between two of its own.

    The rows lie on a natural cubic spline; those given stay as they are.

    Returns:
        ((rows - 1) * points + 1, na).
    """
    if points == 1:
        return pose
    rows = np.arange(len(pose))
    spline = CubicSpline(rows, pose, bc_type="natural")
    return np.asarray(spline(np.linspace(0, len(pose) - 1, (len(pose) - 1) * points + 1)))
