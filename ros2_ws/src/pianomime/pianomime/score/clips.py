"""Demonstration clips: piano rolls, fingerings and fingertip positions at 20 Hz.

Read from the project's .npz file or from PianoMime's release.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from pianomime.errors import ScoreError
from pianomime.piano.geometry import N_KEYS
from pianomime.score.released_zarr import read_released
from pianomime.score.score import Note, Score
from pianomime.timing import ROBOPIANIST_TIMING

CLIP_TIMING: Final = ROBOPIANIST_TIMING
"""Timing of the clips: PianoMime's control step (section 3)."""

_ARRAYS: Final = ("roll", "finger_key", "fingertips", "episode_ends", "split")


@dataclass(frozen=True)
class Clip:
    """One demonstration.

    Attributes:
        index: Index of the clip in the file.
        roll: (steps, 88) sounding keys.
        finger_key: (steps, 10) key pressed by each finger plus 1, 0 for none; left thumb to right
            little finger.
        fingertips: (steps, 12, 3) [m, world]: left wrist, five tips, right wrist, five tips.
    """

    index: int
    roll: NDArray[np.bool_]
    finger_key: NDArray[np.uint8]
    fingertips: NDArray[np.float16]

    @property
    def tips(self) -> NDArray[np.float64]:
        """Fingertip positions without the wrists, (steps, 10, 3) [m, world]."""
        return np.delete(self.fingertips.astype(float), (0, 6), axis=1)

    def score(self) -> Score:
        """Return the notes: each run of a key in the roll, with the finger that pressed it longest.

        Raises:
            ScoreError: The roll is empty.
        """
        step_s = CLIP_TIMING.decision_s
        change = np.diff(np.pad(self.roll.astype(int), ((1, 1), (0, 0))), axis=0)
        notes = []
        for key in range(N_KEYS):
            begins = np.flatnonzero(change[:, key] == 1)
            ends = np.flatnonzero(change[:, key] == -1)
            for begin, end in zip(begins, ends, strict=True):
                played = (self.finger_key[begin:end] == key + 1).sum(axis=0)
                finger = int(np.argmax(played)) if played.any() else -1
                notes.append(Note(begin * step_s, end * step_s, key, finger=finger))
        return Score.from_notes(f"clip_{self.index:03d}", notes)


def load_clips(path: Path, split: str) -> list[Clip]:
    """Load the clips of a split ("train", "test", "unused"; "released" for PianoMime's release).

    Raises:
        ScoreError: The file has another format, or no such split.
    """
    arrays = _load(path)
    chosen = np.flatnonzero(arrays["split"] == split)
    if not len(chosen):
        splits = ", ".join(sorted(set(arrays["split"])))
        raise ScoreError(f"{path}: no split {split!r}; there are: {splits}")
    return [_clip(arrays, int(index)) for index in chosen]


def load_clip(path: Path, index: int) -> Clip:
    """Load one clip by its index.

    Raises:
        ScoreError: The file has another format, or no such clip.
    """
    arrays = _load(path)
    count = len(arrays["episode_ends"])
    if not 0 <= index < count:
        raise ScoreError(f"{path}: no clip {index}; there are 0 to {count - 1}")
    return _clip(arrays, index)


def _load(path: Path) -> dict[str, NDArray[Any]]:
    if path.is_dir():
        return read_released(path)
    try:
        with np.load(path) as data:
            return {name: data[name] for name in _ARRAYS}
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise ScoreError(f"{path}: not a file of clips ({error})") from None


def _clip(arrays: dict[str, NDArray[Any]], index: int) -> Clip:
    ends = arrays["episode_ends"]
    steps = slice(int(ends[index - 1]) if index else 0, int(ends[index]))
    return Clip(
        index,
        np.unpackbits(arrays["roll"][steps], axis=1, count=N_KEYS).astype(bool),
        arrays["finger_key"][steps],
        arrays["fingertips"][steps],
    )
