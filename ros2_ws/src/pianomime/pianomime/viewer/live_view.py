"""Live view page: hands, piano, falling notes, panel and sound."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import viser

from pianomime.description.posed_stage import PosedStage
from pianomime.hands.hands_model import HandsModel
from pianomime.score.score import Score
from pianomime.viewer.address import page_url
from pianomime.viewer.falling_notes import FallingNotes
from pianomime.viewer.motion import Instant
from pianomime.viewer.panel import Controls, Panel
from pianomime.viewer.sound_server import SoundServer
from pianomime.viewer.stage_scene import StageScene

CAMERA_M: Final = (0.34, 0.0, 0.72)
LOOK_AT_M: Final = (-0.08, 0.0, 0.04)
"""Camera above the player's head, with the falling notes behind the keys [m, world]."""

FIELD_OF_VIEW_RAD: Final = 0.95
AMBIENT: Final = 1.3
"""Intensity of the ambient light; high because the hands are nearly black."""


class LiveView:
    """Live view page, shared by any number of browsers.

    Attributes:
        panel: Panel beside the hands.
        sound: Server of the piano's sound.
        stage: Model in the pose shown.
    """

    def __init__(
        self,
        hands: HandsModel,
        controls: Controls | None,
        songs: Sequence[str],
        controllers: Sequence[str],
        host: str,
        port: int,
    ) -> None:
        """Serve the page on `port` and the sound on `port` + 1; buttons only with `controls`.

        With host 0.0.0.0, sound works in browsers on this machine only.

        Raises:
            OSError: A port is in use.
        """
        self.sound = SoundServer(host, port + 1)
        self._server = viser.ViserServer(host=host, port=port, label="PianoMime", verbose=False)
        if self._server.get_port() != port:  # viser falls back to the next free port
            self.close()
            raise OSError(f"port {port} is in use")
        gui = self._server.gui
        gui.configure_theme(dark_mode=True, show_logo=False, show_share_button=False)
        gui.main_panel.dock_right()
        self._server.scene.add_light_ambient("/ambient", intensity=AMBIENT)
        camera = self._server.initial_camera
        camera.position, camera.look_at = np.array(CAMERA_M), np.array(LOOK_AT_M)
        camera.fov = FIELD_OF_VIEW_RAD
        self.stage = PosedStage(hands)
        self._scene = StageScene(self._server.scene, self.stage)
        self._notes: FallingNotes | None = None
        # The host name by which a browser reaches this machine is unknown here.
        sound_url = page_url(host, port + 1)
        self.panel = Panel(gui, controls, songs, controllers, sound_url)

    def show_score(self, score: Score) -> None:
        """Show the notes of another song."""
        if self._notes is not None:
            self._notes.remove()
        self._notes = FallingNotes(self._server.scene, score, self.stage.hands.spec.layout)
        self.sound.prepare([note.key for note in score.notes])

    def colour_notes(self, score: Score) -> None:
        """Colour the notes of the score shown by the hands that play them."""
        if self._notes is not None:
            self._notes.colour(score)

    def show(self, instant: Instant) -> None:
        """Show hands, keys and notes; sends only what has changed."""
        self.stage.place(instant.joint_position, instant.key_position)
        with self._server.atomic():
            self._scene.move()
            self._scene.colour(instant.goal_keys, instant.active)
            if self._notes is not None:
                self._notes.show(instant.score_time_s)

    def close(self) -> None:
        """Stop serving."""
        self.sound.close()
        self._server.stop()
