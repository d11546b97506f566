"""One demonstration of the teacher's, and its file: Parquet, a row for each control step."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pianomime.errors import OutputError, ScoreError
from pianomime.hands.fingers import SIDES
from pianomime.piano.geometry import N_KEYS

Floats = NDArray[np.float32]

FORMAT: Final = 1
"""Counted up when the columns change."""

_POSES: Final = ("pose", "executed", "wanted", "planned")


@dataclass(frozen=True)
class Episode:
    """What was seen, done and right at each control step; poses are in `HandFrame`.

    Attributes:
        title: Of the song, with what was changed about it.
        sha256: Of the score.
        embodiment: Which hands.
        first_step: Step of the score in row 0; negative, since an episode begins in the lead-in.
        pose: (steps, 2, na) measured when the step begins [rad, m].
        executed: (steps, 2, na) targets that were commanded.
        wanted: (steps, 2, na) targets that the teacher would have commanded from there.
        planned: (steps, 2, na) where the teacher's plan has the hands when the step begins.
        keys: (steps, 88) how far each key is down when the step begins, 0 .. 1.
        notes: (notes, 4) first and last step, key and finger (-1: none) of each note, by onset.
    """

    title: str
    sha256: str
    embodiment: str
    first_step: int
    pose: Floats
    executed: Floats
    wanted: Floats
    planned: Floats
    keys: Floats
    notes: NDArray[np.int64]


def save_episode(episode: Episode, path: Path) -> None:
    """Write the file whole or not at all.

    Raises:
        OutputError: It cannot be written.
    """
    steps = len(episode.pose)
    columns: dict[str, Any] = {}
    for name in _POSES:
        flat = np.ascontiguousarray(getattr(episode, name), np.float32).reshape(steps, -1)
        columns[name] = pa.FixedSizeListArray.from_arrays(flat.ravel(), flat.shape[1])
    keys = np.round(episode.keys * 255).astype(np.uint8)
    columns["keys"] = pa.FixedSizeListArray.from_arrays(keys.ravel(), N_KEYS)
    about = {
        "format": FORMAT,
        "title": episode.title,
        "sha256": episode.sha256,
        "embodiment": episode.embodiment,
        "first_step": episode.first_step,
        "notes": episode.notes.tolist(),
    }
    table = pa.table(columns).replace_schema_metadata({b"pianomime": json.dumps(about).encode()})
    part = path.with_suffix(".part")
    try:
        pq.write_table(table, part, compression="zstd")
        os.replace(part, path)
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror or error}") from error


def load_episode(path: Path) -> Episode:
    """Read a file of `save_episode`.

    Raises:
        ScoreError: It is not one, or of another format.
    """
    try:
        table = pq.read_table(path)
        about = json.loads((table.schema.metadata or {})[b"pianomime"])
        if about["format"] != FORMAT:
            raise ScoreError(f"{path}: format {about['format']}; this version reads {FORMAT}")
        arrays = {name: _array(table, name) for name in (*_POSES, "keys")}
        poses = {n: arrays[n].reshape(len(table), len(SIDES), -1) for n in _POSES}
        return Episode(
            title=about["title"],
            sha256=about["sha256"],
            embodiment=about["embodiment"],
            first_step=about["first_step"],
            keys=(arrays["keys"] / np.float32(255)).astype(np.float32),
            notes=np.array(about["notes"], np.int64).reshape(-1, 4),
            **poses,
        )
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        raise ScoreError(f"{path}: not an episode ({error})") from None


def _array(table: Any, name: str) -> NDArray[Any]:
    column = table[name].combine_chunks()
    flat: NDArray[Any] = column.flatten().to_numpy()
    return flat.reshape(len(table), column.type.list_size)
