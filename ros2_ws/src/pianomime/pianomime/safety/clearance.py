"""How near the hands are to each other and their palms to the piano."""

import mujoco
import numpy as np
from numpy.typing import NDArray

from pianomime.hands.hands_model import HandsModel
from pianomime.safety.gate_config import GateConfig

Array = NDArray[np.float64]


class Clearance:
    """Judges by the bodies' origins: a finger is well described by its joints, a palm by its
    knuckles, and what is between them is no wider than the fingers' radius.
    """  # noqa: D205

    def __init__(self, hands: HandsModel, config: GateConfig) -> None:
        """Find the bodies."""
        self._hands = hands
        self._data = mujoco.MjData(hands.model)
        self._config = config
        self._bodies = hands.bodies
        self._palms = hands.palms

    def scale(self, measured: Array, targets: Array) -> tuple[float, str]:
        """Return how much of the way to targets the hands may go, 0 .. 1, and why less than 1.

        Args:
            measured: (n,) where the joints are.
            targets: (points, n) where they are to go; a way that leads apart is always free.
        """
        config = self._config
        apart_m, height_m = self._distances(measured)
        near = config.guard_hands and apart_m < config.hand_slow_m
        low = height_m < config.palm_slow_m
        if not (near or low):
            return 1.0, ""
        distances = [self._distances(target) for target in targets]
        target_apart_m, target_height_m = np.min(distances, axis=0)
        scale, why = 1.0, ""
        if near and target_apart_m < apart_m:
            scale = _between(apart_m, config.hand_stop_m, config.hand_slow_m)
            why = f"hands {apart_m:.3f} m apart"
        if low and target_height_m < height_m:
            sinking = _between(height_m, config.palm_stop_m, config.palm_slow_m)
            if sinking < scale:
                scale, why = sinking, f"a palm {height_m:.3f} m high"
        return scale, why

    def apart_m(self, position: Array) -> float:
        """Return how far the hands are apart [m] where the joints are at `position` (n,)."""
        return self._distances(position)[0]

    def _distances(self, position: Array) -> tuple[float, float]:
        """Return the hands' distance and the lowest palm's height [m]."""
        self._data.qpos[self._hands.qpos_index] = position
        mujoco.mj_kinematics(self._hands.model, self._data)
        place = self._data.xpos
        left, right = (place[hand] for hand in self._bodies)
        squared = ((left[:, None] - right[None]) ** 2).sum(axis=-1)
        apart_m = float(np.sqrt(squared.min())) - 2 * self._hands.spec.finger_radius_m
        return apart_m, float(place[self._palms, 2].min())


def _between(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / max(high - low, 1e-9), 0.0, 1.0))
