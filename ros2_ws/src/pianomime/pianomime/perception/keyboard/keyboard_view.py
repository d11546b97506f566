"""View of the keyboard in an image: map between pixels and the keyboard plane."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class KeyboardView:
    """A camera's view of the plane of the white keys' tops.

    World frame as in `pianomime.piano.geometry`: x towards the player, y to the right [m].

    Attributes:
        to_pixel: (3, 3) homography from (x, y, 1) to undistorted pixels.
        distortion: Radial coefficient k1 (first term of Brown's model); distances from the image
            centre are in units of half its width.
        size: (width, height) of the image [pixels].
    """

    to_pixel: Array
    distortion: float
    size: tuple[int, int]

    def pixels(self, place_m: Array) -> Array:
        """Project points (..., 2) of the plane [m] to pixels (..., 2)."""
        return self._distort(_apply(self.to_pixel, place_m))

    def places(self, pixel: Array) -> Array:
        """Return the points (..., 2) of the plane [m] at pixels (..., 2)."""
        return _apply(np.linalg.inv(self.to_pixel), self._undistort(pixel))

    @property
    def mirrored(self) -> bool:
        """Whether the image is mirrored."""
        return bool(np.linalg.det(self.to_pixel) > 0)

    def _middle_and_unit(self) -> tuple[Array, float]:
        return np.array(self.size) / 2, self.size[0] / 2

    def _distort(self, pixel: Array) -> Array:
        middle, unit = self._middle_and_unit()
        off = (pixel - middle) / unit
        radius2 = np.sum(off**2, axis=-1, keepdims=True)
        return np.asarray(middle + unit * off * (1 + self.distortion * radius2))

    def _undistort(self, pixel: Array) -> Array:
        middle, unit = self._middle_and_unit()
        seen = (pixel - middle) / unit
        off = seen
        for _ in range(5):  # fixed-point iteration; converges fast for small distortion
            radius2 = np.sum(off**2, axis=-1, keepdims=True)
            off = seen / (1 + self.distortion * radius2)
        return np.asarray(middle + unit * off)


def _apply(homography: Array, point: Array) -> Array:
    full = point @ homography[:, :2].T + homography[:, 2]
    return np.asarray(full[..., :2] / full[..., 2:])
