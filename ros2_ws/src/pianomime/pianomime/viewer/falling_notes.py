"""Score as notes that fall onto the keys, in a viser scene."""

from typing import Final

import numpy as np
import trimesh
import viser
from numpy.typing import NDArray

from pianomime.hands.finger_layout import FingerLayout
from pianomime.piano.geometry import BLACK_WIDTH_M, WHITE_WIDTH_M, is_black, key_y
from pianomime.score.score import Note, Score

FALL_M_S: Final = 0.12
AHEAD_S: Final = 4.0
"""Time before its onset from which a note is visible [s]."""

ARRIVAL_M: Final = np.array([-0.1, 0.0, 0.04])
"""Position of a note at its onset [m, world]: the edge of the piano's body behind the keys."""

SLOPE_RAD: Final = np.deg2rad(50.0)
"""Inclination of the falling direction from the vertical, away from the player [rad]."""

CHUNK_S: Final = 2.0
DEPTH_M: Final = 0.008
LEFT: Final = (30, 90, 235)
RIGHT: Final = (10, 165, 90)
NO_HAND: Final = (150, 150, 150)


class FallingNotes:
    """Notes of a score, attached to one moving frame; notes far ahead are hidden."""

    def __init__(self, scene: viser.SceneApi, score: Score, layout: FingerLayout) -> None:
        """Add the notes to the scene; their fingers are those of `layout`."""
        self._layout = layout
        turned = (np.cos(SLOPE_RAD / 2), 0.0, -np.sin(SLOPE_RAD / 2), 0.0)
        self._root = scene.add_frame("/notes", show_axes=False, wxyz=turned)
        self._chunks: list[tuple[float, viser.BatchedMeshHandle]] = []
        self._colours: list[NDArray[np.uint8]] = []
        for number, notes in _chunks(score).items():
            self._colours.append(self._colours_of(notes))
            handle = _hang(scene, f"/notes/{number}", notes, self._colours[-1])
            self._chunks.append((number * CHUNK_S, handle))
        self.show(-score.duration_s)

    def show(self, score_time_s: float) -> None:
        """Move the notes to their positions at a score time [s]."""
        upwards = np.array([-np.sin(SLOPE_RAD), 0.0, np.cos(SLOPE_RAD)])
        self._root.position = ARRIVAL_M - FALL_M_S * score_time_s * upwards
        for begins_s, handle in self._chunks:
            seen = begins_s < score_time_s + AHEAD_S
            if handle.visible != seen:
                handle.visible = seen

    def colour(self, score: Score) -> None:
        """Colour the notes by the fingers of `score`, which has the same notes."""
        for i, notes in enumerate(_chunks(score).values()):
            colours = self._colours_of(notes)
            if not np.array_equal(colours, self._colours[i]):
                self._colours[i] = self._chunks[i][1].batched_colors = colours

    def _colours_of(self, notes: list[Note]) -> NDArray[np.uint8]:
        hands = [-1 if n.finger < 0 else self._layout.side_of(n.finger) for n in notes]
        return np.array([(LEFT, RIGHT, NO_HAND)[hand] for hand in hands], np.uint8)

    def remove(self) -> None:
        """Remove the notes from the scene."""
        self._root.remove()


def _chunks(score: Score) -> dict[int, list[Note]]:
    """Return the notes, keyed by the chunk of `CHUNK_S` in which they begin."""
    chunks: dict[int, list[Note]] = {}
    for note in score.notes:
        chunks.setdefault(int(note.onset_s // CHUNK_S), []).append(note)
    return chunks


def _hang(
    scene: viser.SceneApi, name: str, notes: list[Note], colours: NDArray[np.uint8]
) -> viser.BatchedMeshHandle:
    box = trimesh.creation.box(extents=(DEPTH_M, 1.0, 1.0))
    keys = np.array([note.key for note in notes])
    onset_s = np.array([note.onset_s for note in notes])
    # A gap separates repeated notes.
    length_s = np.maximum([note.offset_s - note.onset_s for note in notes], 0.1) - 0.03
    width = np.where(is_black()[keys], BLACK_WIDTH_M, 0.8 * WHITE_WIDTH_M)
    size = np.column_stack((np.ones(len(notes)), width, FALL_M_S * length_s))
    middle_z = FALL_M_S * (onset_s + length_s / 2)
    place = np.column_stack((np.where(is_black()[keys], 0.001, 0.0), key_y()[keys], middle_z))
    return scene.add_batched_meshes_simple(
        name,
        np.asarray(box.vertices, np.float32),
        np.asarray(box.faces, np.uint32),
        batched_wxyzs=np.tile((1.0, 0.0, 0.0, 0.0), (len(notes), 1)),
        batched_positions=place,
        batched_scales=size,
        batched_colors=colours,
        flat_shading=True,
        lod="off",
        visible=False,
    )
