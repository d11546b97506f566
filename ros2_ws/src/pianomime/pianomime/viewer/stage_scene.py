"""Hands and piano in a viser scene."""

from typing import Any, Final

import numpy as np
import viser
from numpy.typing import NDArray

from pianomime.description.body_meshes import body_meshes
from pianomime.description.posed_stage import PosedStage
from pianomime.piano.geometry import N_KEYS, is_black

Colour = tuple[int, int, int]

WHITE: Final[Colour] = (235, 235, 230)
BLACK: Final[Colour] = (28, 28, 30)
RIGHT: Final[Colour] = (10, 175, 50)
WRONG: Final[Colour] = (225, 30, 30)
MISSED: Final[Colour] = (250, 170, 0)
FLOOR: Final[Colour] = (58, 62, 70)


class StageScene:
    """Meshes of hands and piano; only poses and colours that change are sent to the browsers."""

    def __init__(self, scene: viser.SceneApi, stage: PosedStage) -> None:
        """Add the bodies of `stage` to `scene`."""
        self._stage = stage
        model = stage.model
        scene.add_box(
            "/floor", FLOOR, (2.4, 2.0, 0.02), position=(0.3, 0.0, -0.011), receive_shadow=False
        )
        self._bodies: dict[int, viser.FrameHandle] = {}
        self._keys: list[Any] = [None] * N_KEYS
        key_of = {int(body): key for key, body in enumerate(model.jnt_bodyid[stage.keys])}
        for i, mesh in enumerate(body_meshes(model)):
            name = f"/stage/{model.body(mesh.body).name.replace('/', '_')}"
            if mesh.body not in self._bodies:
                self._bodies[mesh.body] = scene.add_frame(name, show_axes=False)
            handle = scene.add_mesh_simple(
                f"{name}/{i}",
                mesh.vertices.astype(np.float32),
                mesh.faces.astype(np.uint32),
                color=mesh.rgb,
                flat_shading=mesh.body in key_of,
            )
            if mesh.body in key_of:
                self._keys[key_of[mesh.body]] = handle
        self._shown = np.full((model.nbody, 7), np.nan)
        self._colours: list[Colour | None] = [None] * N_KEYS
        self.move()
        self.colour(np.zeros(N_KEYS, bool), np.zeros(N_KEYS, bool))

    def move(self) -> None:
        """Update the poses of the bodies."""
        data = self._stage.data
        poses = np.hstack((data.xpos, data.xquat))
        for body, frame in self._bodies.items():
            if not np.allclose(poses[body], self._shown[body], rtol=0.0, atol=1e-6):
                frame.position, frame.wxyz = poses[body, :3], poses[body, 3:]
                self._shown[body] = poses[body]

    def colour(self, goal_keys: NDArray[np.bool_], active: NDArray[np.bool_]) -> None:
        """Colour the keys by goal (88,) and state (88,): correct, wrong, or missed."""
        for key in range(N_KEYS):
            colour = _colour(bool(goal_keys[key]), bool(active[key]), bool(is_black()[key]))
            if colour != self._colours[key]:
                self._colours[key] = self._keys[key].color = colour


def _colour(goal_keys: bool, active: bool, black: bool) -> Colour:
    if active:
        return RIGHT if goal_keys else WRONG
    if goal_keys:
        return MISSED
    return BLACK if black else WHITE
