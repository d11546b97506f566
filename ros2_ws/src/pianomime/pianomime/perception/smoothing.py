"""Smoothing of fingertip trajectories: offline on an even grid, or live with little lag."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter

Array = NDArray[np.float64]

MAX_GAP_S: Final = 0.2
"""Maximum gap that is interpolated [s]."""

_WINDOW_S: Final = 0.2
_ORDER: Final = 3


def resample(time_s: Array, value: Array, grid_s: Array) -> Array:
    """Resample values to a grid, with zero-lag smoothing (Savitzky-Golay, 0.2 s).

    Args:
        time_s: (t,) increasing times [s], not necessarily even.
        value: (t, ...) values; NaN where not detected.
        grid_s: (g,) evenly spaced times [s].

    Returns:
        (g, ...) values; NaN outside the range of times and in gaps longer than `MAX_GAP_S`.
    """
    flat = value.reshape(len(time_s), -1)
    result = np.full((len(grid_s), flat.shape[1]), np.nan)
    if len(grid_s) < 2:
        return result.reshape(len(grid_s), *value.shape[1:])
    step_s = float(np.median(np.diff(grid_s)))
    for column in range(flat.shape[1]):
        seen = np.isfinite(flat[:, column])
        if seen.sum() < 2:
            continue
        times, values = time_s[seen], flat[seen, column]
        after = np.searchsorted(times, grid_s)
        later = np.clip(after, 0, len(times) - 1)
        earlier = np.clip(after - 1, 0, len(times) - 1)
        gap_s = times[later] - times[earlier]
        inside = (grid_s >= times[0]) & (grid_s <= times[-1]) & (gap_s <= MAX_GAP_S)
        even = np.interp(grid_s, times, values)
        window = max(_ORDER + 2, round(_WINDOW_S / step_s) | 1)
        if len(even) > window:
            even = savgol_filter(even, window, _ORDER)
        result[inside, column] = even[inside]
    return result.reshape(len(grid_s), *value.shape[1:])


class OneEuro:
    """One Euro filter: little lag in motion, little jitter at rest.

    Casiez, Roussel and Vogel, CHI 2012; parameters are named as there.
    """

    def __init__(self, min_cutoff_hz: float = 1.5, beta: float = 10.0) -> None:
        """Initialise without values; the default `beta` is for values in metres."""
        self._min_cutoff_hz, self._beta = min_cutoff_hz, beta
        self._time_s = -np.inf
        self._value = np.zeros(0)
        self._speed = np.zeros(0)

    def update(self, time_s: float, value: Array) -> Array:
        """Return the smoothed value at `time_s` [s]; NaN stays NaN and resets the filter."""
        if not len(self._value):
            self._time_s, self._value, self._speed = time_s, value.copy(), np.zeros_like(value)
            return value
        step_s = max(time_s - self._time_s, 1e-3)
        new = np.isnan(self._value)
        speed = np.where(new, 0.0, (value - self._value) / step_s)
        self._speed += _weight(step_s, 1.0) * (np.nan_to_num(speed) - self._speed)
        weight = _weight(step_s, self._min_cutoff_hz + self._beta * np.abs(self._speed))
        self._value = np.where(new, value, self._value + weight * (value - self._value))
        self._time_s = time_s
        return self._value.copy()


def _weight(step_s: float, cutoff_hz: Array | float) -> Array:
    slope = 2 * np.pi * np.asarray(cutoff_hz) * step_s
    return np.asarray(slope / (slope + 1))
