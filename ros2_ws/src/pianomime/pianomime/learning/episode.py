"""One demonstration by the teacher, and its file: Parquet, a row for each decision."""

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pianomime.atomic_file import atomic_path
from pianomime.errors import ConfigError, OutputError, ScoreError
from pianomime.hands.fingers import SIDES
from pianomime.piano.geometry import N_KEYS
from pianomime.score.step_notes import StepNote
from pianomime.timing import Timing

Floats = NDArray[np.float32]

FORMAT: Final = 2
"""Counted up when the columns change."""

_POSES: Final = ("pose", "executed", "expert_action", "planned")
_KEYS: Final = "key_position"
_TEXTS: Final = ("title", "sha256", "embodiment", "first_step")


@dataclass(frozen=True)
class Episode:
    """What was measured, executed and right in each decision; poses are in `HandFrame`.

    Attributes:
        title: Of the song, with what was changed about it.
        sha256: Of the score.
        embodiment: Identity of the hands.
        timing: Of the decisions.
        first_step: Decision of the score in row 0; negative, since the lead-in is part of it.
        pose: (steps, 2, na) measured when the decision begins [rad, m].
        executed: (steps, 2, na) targets that were commanded, in the mean over a decision.
        expert_action: (steps, 2, na) targets of the teacher in the same state, likewise.
        planned: (steps, 2, na) the teacher's plan when the decision begins.
        key_position: (steps, 88) how far each key is down when the decision begins, 0 .. 1.
        notes: With the teacher's fingers, by onset then key.
    """

    title: str
    sha256: str
    embodiment: str
    timing: Timing
    first_step: int
    pose: Floats
    executed: Floats
    expert_action: Floats
    planned: Floats
    key_position: Floats
    notes: Sequence[StepNote]


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
    keys = np.round(episode.key_position * 255).astype(np.uint8)
    columns[_KEYS] = pa.FixedSizeListArray.from_arrays(keys.ravel(), N_KEYS)
    about = {
        "format": FORMAT,
        **{name: getattr(episode, name) for name in _TEXTS},
        "timing": episode.timing.as_dict(),
        "notes": [astuple(note) for note in episode.notes],
    }
    table = pa.table(columns).replace_schema_metadata({b"pianomime": json.dumps(about).encode()})
    try:
        with atomic_path(path) as part:
            pq.write_table(table, part, compression="zstd")
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror or error}") from error


def load_episode(path: Path, timing: Timing) -> Episode:
    """Read a file of `save_episode`.

    Raises:
        ScoreError: It is not one, of another format, or was made with another timing.
    """
    try:
        table = pq.read_table(path)
        about = json.loads((table.schema.metadata or {})[b"pianomime"])
        if about["format"] != FORMAT:
            raise ScoreError(f"{path}: format {about['format']}; this version reads {FORMAT}")
        timing.check_same(Timing.from_stored(about["timing"]), str(path), ScoreError)
        arrays = {name: _array(table, name) for name in (*_POSES, _KEYS)}
        poses: dict[str, Any] = {
            name: arrays[name].reshape(len(table), len(SIDES), -1) for name in _POSES
        }
        return Episode(
            **{name: about[name] for name in _TEXTS},
            timing=timing,
            key_position=(arrays[_KEYS] / np.float32(255)).astype(np.float32),
            notes=[StepNote(*note) for note in about["notes"]],
            **poses,
        )
    except (OSError, KeyError, TypeError, ValueError, ConfigError, pa.ArrowException) as error:
        raise ScoreError(f"{path}: not an episode ({error})") from None


def _array(table: Any, name: str) -> NDArray[Any]:
    column = table[name].combine_chunks()
    flat: NDArray[Any] = column.flatten().to_numpy()
    return flat.reshape(len(table), column.type.list_size)
