"""Synthetic images of a keyboard with a known view, to measure the calibration error."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pianomime.perception.keyboard.keyboard_view import KeyboardView
from pianomime.perception.keyboard.real_keyboard import FRONT_X_M, HEAD_M, real_key_y
from pianomime.piano.geometry import BLACK_WIDTH_M, HINGE_X_M, WHITE_WIDTH_M, is_black

_PIXELS_M: Final = 3000.0
_X_M: Final = (-0.25, 0.25)
_Y_M: Final = (-0.75, 0.75)
_CASE, _WHITE, _BLACK, _FLOOR = 25, 215, 30, 60
_SKIN: Final = 140


@dataclass(frozen=True)
class Camera:
    """A pinhole camera above the keyboard.

    Attributes:
        height_m: Height above the keys [m].
        tilt_rad: Angle from the vertical towards the player [rad].
        yaw_rad: Angle from the vertical to the right [rad].
        roll_rad: Rotation about the optical axis [rad]; pi is upside down.
        over_y_m: Position along the keyboard [m].
        focal: Focal length relative to the image width.
        mirrored: Whether left and right are swapped.
        distortion: See `KeyboardView`.
        size: (width, height) [pixels].
    """

    height_m: float = 1.0
    tilt_rad: float = 0.0
    yaw_rad: float = 0.0
    roll_rad: float = 0.0
    over_y_m: float = 0.0
    focal: float = 0.75
    mirrored: bool = False
    distortion: float = 0.0
    size: tuple[int, int] = (1280, 720)

    def view(self) -> KeyboardView:
        """Return the camera's view of the keyboard plane."""
        ahead = np.array([np.tan(self.tilt_rad), np.tan(self.yaw_rad), 0.0])
        eye = self.height_m * (np.array([0.0, 0.0, 1.0]) + ahead) + [0, self.over_y_m, 0]
        back = eye - [0, self.over_y_m, 0]
        back = back / np.linalg.norm(back)
        right = np.cross([-1.0, 0.0, 0.0], back)
        right /= np.linalg.norm(right)
        up = np.cross(back, right)
        turn = np.array(
            [
                [np.cos(self.roll_rad), np.sin(self.roll_rad)],
                [-np.sin(self.roll_rad), np.cos(self.roll_rad)],
            ]
        )
        axes = np.stack([*(turn @ np.stack([right, -up])), -back])
        focal = self.focal * self.size[0]
        middle = np.array(self.size) / 2
        lens = np.array(
            [[-focal if self.mirrored else focal, 0, middle[0]], [0, focal, middle[1]], [0, 0, 1.0]]
        )
        plane = np.stack([axes[:, 0], axes[:, 1], -axes @ eye], axis=1)
        to_pixel = lens @ plane
        return KeyboardView(to_pixel / to_pixel[2, 2], self.distortion, self.size)


def draw_keyboard(view: KeyboardView, light: float, hidden: float, seed: int) -> NDArray[np.uint8]:
    """Draw a grayscale image (height, width).

    Args:
        view: View of the camera.
        light: Factor on the brightness.
        hidden: Share of the keyboard's length that is covered by hands.
        seed: Random seed of the noise and the hands' positions.
    """
    rng = np.random.default_rng(seed)
    plane = _flat_keyboard()
    for _ in range(2):
        y = rng.uniform(-0.5, 0.5)
        _fill(plane, (-0.05, 0.25), (y - 0.3 * hidden, y + 0.3 * hidden), _SKIN)
    rows, columns = np.mgrid[: view.size[1], : view.size[0]]
    place = view.places(np.stack([columns, rows], axis=-1).astype(float))
    at = np.stack([(place[..., 1] - _Y_M[0]), (place[..., 0] - _X_M[0])], axis=-1) * _PIXELS_M
    at = at.astype(np.float32)
    image = cv2.remap(
        cv2.GaussianBlur(plane, (0, 0), 2.0), at[..., 0], at[..., 1], cv2.INTER_LINEAR
    )
    noisy = light * image.astype(float) + rng.normal(0, 2.0, image.shape)
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)


def _flat_keyboard() -> NDArray[np.uint8]:
    shape = (round((_X_M[1] - _X_M[0]) * _PIXELS_M), round((_Y_M[1] - _Y_M[0]) * _PIXELS_M))
    plane = np.full(shape, _FLOOR, np.uint8)
    _fill(plane, (_X_M[0], HINGE_X_M), _Y_M, _CASE)
    y, half = real_key_y(), WHITE_WIDTH_M / 2
    for key in np.flatnonzero(~is_black()):
        _fill(plane, (HINGE_X_M, FRONT_X_M), (y[key] - half, y[key] + half), _WHITE)
    half = BLACK_WIDTH_M / 2
    for key in np.flatnonzero(is_black()):
        _fill(plane, (HINGE_X_M, FRONT_X_M - HEAD_M), (y[key] - half, y[key] + half), _BLACK)
    return plane


def _fill(
    plane: NDArray[np.uint8], x_m: tuple[float, float], y_m: tuple[float, float], shade: int
) -> None:
    rows = np.round((np.array(x_m) - _X_M[0]) * _PIXELS_M).astype(int)
    columns = np.round((np.array(y_m) - _Y_M[0]) * _PIXELS_M).astype(int)
    plane[max(rows[0], 0) : max(rows[1], 0), max(columns[0], 0) : max(columns[1], 0)] = shade
