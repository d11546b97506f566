"""Video of a performance, with sound."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import imageio_ffmpeg
import mujoco
import numpy as np
from numpy.typing import NDArray

from pianomime.description.posed_stage import PosedStage
from pianomime.performance.performance import Performance
from pianomime.piano.geometry import key_y
from pianomime.simulation.model import load_model

WIDTH: Final = 960
HEIGHT: Final = 544  # the codec needs a multiple of 16
_PRESSED_RIGHT: Final = (0.2, 0.8, 0.3, 1.0)
_PRESSED_WRONG: Final = (0.9, 0.2, 0.2, 1.0)


class PerformanceRenderer:
    """Renderer of single frames; correctly pressed keys are green, wrongly pressed ones red."""

    def __init__(
        self,
        performance: Performance,
        width: int = WIDTH,
        height: int = HEIGHT,
        antialiasing: int = 0,
    ) -> None:
        """Load the model of the performance; needs a rendering backend.

        Args:
            performance: Performance to draw.
            width: Image width [pixels].
            height: Image height [pixels].
            antialiasing: Samples per pixel; without a GPU, 4 take twice as long as 0.
        """
        self._performance = performance
        hands = load_model(performance.hands)
        self._model = model = hands.model
        model.vis.global_.offwidth, model.vis.global_.offheight = width, height
        model.vis.quality.offsamples = antialiasing
        model.vis.headlight.ambient[:] = 0.35
        model.vis.headlight.diffuse[:] = 0.5
        self._stage = PosedStage(hands)
        self._renderer = mujoco.Renderer(model, height, width)
        # Without a GPU, shadows and reflections take ten times as long as everything else.
        for flag in (mujoco.mjtRndFlag.mjRND_SHADOW, mujoco.mjtRndFlag.mjRND_REFLECTION):
            self._renderer.scene.flags[flag] = False
        self._joints = self._stage.hands.index(performance.joint_names).argsort()
        self._key_geoms = model.body_geomadr[model.jnt_bodyid[self._stage.keys]]
        self._key_colours = model.geom_rgba[self._key_geoms].copy()
        self._goal_keys = performance.goal_keys_at_frames()
        self._camera = _camera(performance)

    def draw(self, frame: int) -> NDArray[np.uint8]:
        """Render one frame, (height, width, 3)."""
        performance, model, data = self._performance, self._model, self._stage.data
        joints = performance.joint_position[frame][self._joints]
        self._stage.place(joints, performance.key_position[frame])
        mujoco.mj_camlight(model, data)
        colours = self._key_colours.copy()
        active = performance.active[frame]
        goal_keys = self._goal_keys[frame]
        colours[active & goal_keys] = _PRESSED_RIGHT
        colours[active & ~goal_keys] = _PRESSED_WRONG
        model.geom_rgba[self._key_geoms] = colours
        self._renderer.update_scene(data, self._camera)
        return np.asarray(self._renderer.render())

    def close(self) -> None:
        """Free the graphics context."""
        self._renderer.close()


def write_video(performance: Performance, path: Path, sound: Path | None) -> Iterator[None]:
    """Write an MP4 at one frame per decision, with a WAV file's sound; yield after each frame."""
    renderer = PerformanceRenderer(performance)
    writer = imageio_ffmpeg.write_frames(
        str(path),
        (WIDTH, HEIGHT),
        fps=1 / performance.timing.decision_s,
        quality=6,
        audio_path=str(sound) if sound else None,
        ffmpeg_log_level="error",
    )
    writer.send(None)
    try:
        for frame in range(len(performance.time_s)):
            writer.send(renderer.draw(frame))
            yield
    finally:
        writer.close()
        renderer.close()


def _camera(performance: Performance) -> mujoco.MjvCamera:
    """Return a camera behind the piano, aimed at the part of the keyboard that is played."""
    used = np.flatnonzero(performance.goal_keys.any(axis=0))
    y = key_y()[used] if len(used) else np.array([0.0])
    width_m = max(0.7, float(np.ptp(y)) + 0.3)
    camera = mujoco.MjvCamera()
    camera.lookat[:] = (0.06, float(y.min() + y.max()) / 2, 0.04)
    camera.distance = 0.75 * width_m
    camera.azimuth, camera.elevation = 0.0, -45.0
    return camera
