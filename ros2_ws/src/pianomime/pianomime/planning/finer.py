"""Between the instants of decisions: trajectories and plans with a row for each target."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def finer(pose: Array, points: int) -> Array:
    """Return a trajectory (rows, na) with `points` rows for each between two of its own.

    The rows lie on a monotone cubic (Fritsch and Butland, 1984), which does not overshoot where a
    finger stops on its key; those given stay as they are.

    Returns:
        ((rows - 1) * points + 1, na).
    """
    if points == 1:
        return pose
    from scipy.interpolate import PchipInterpolator  # slow to import

    curve = PchipInterpolator(np.arange(len(pose)), pose)
    return np.asarray(curve(np.linspace(0, len(pose) - 1, (len(pose) - 1) * points + 1)))


def as_line(target: Array, points: int) -> Array:
    """Return the points of a line that acts as targets (rows, na) that are held, one after another.

    Each point lies where one target gives way to the next, at their mean: a line from target to
    target would lag by half an interval.

    Returns:
        (rows, na); of a single target per decision, the target itself.
    """
    if points == 1:
        return target
    return np.asarray(0.5 * (target + np.concatenate((target[1:], target[-1:]))))
