"""Reader of PianoMime's released clips, `dataset_hl.zarr`, into the arrays of a clip file."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pianomime.errors import MissingPackageError, ScoreError
from pianomime.hands.fingers import N_PIANISTS_FINGERS
from pianomime.piano.geometry import N_KEYS, key_y

_POINTS: Final = 12
_AHEAD: Final = 4
_STEP: Final = 3 * _POINTS + N_PIANISTS_FINGERS
"""Values per step, of `_AHEAD` steps a row: positions of 2 wrists and 10 tips, a key a finger."""

_KEYS: Final = N_KEYS + 1
"""Scale of the key values: (key + 1) / 89, 0 for none."""

_OVER_M: Final = 0.012
"""Maximum distance of a pressing fingertip from its key's centre: half a white key's width."""

SPLIT: Final = "released"


def read_released(folder: Path) -> dict[str, NDArray[Any]]:
    """Return `roll`, `finger_key`, `fingertips`, `episode_ends` and `split` of a release.

    The right hand's columns of the released fingering are out of order, so the pressing finger is
    derived from the fingertips, whose height is 0 while they press. The released states (latents
    of the score) are not read.

    Raises:
        MissingPackageError: zarr is not installed.
        ScoreError: The folder has another format.
    """
    try:
        import zarr
    except ImportError:
        raise MissingPackageError("zarr", "perception") from None
    try:
        root: Any = zarr.open_group(folder, mode="r")
        actions = root["data/action"]
        if actions.ndim != 2 or actions.shape[1] != _AHEAD * _STEP:
            raise ValueError(f"data/action is of shape {actions.shape}, not (N, {_AHEAD * _STEP})")
        now = np.asarray(actions[:, :_STEP])  # the first of the `_AHEAD` steps
        ends = np.asarray(root["meta/episode_ends"][:]).astype(np.int64)
    except (OSError, KeyError, ValueError, RuntimeError, AttributeError) as error:
        raise ScoreError(f"{folder}: not a release of clips ({error})") from None
    place = now[:, : 3 * _POINTS].reshape(-1, _POINTS, 3)
    numbers = np.rint(now[:, 3 * _POINTS :] * _KEYS).astype(int)
    # The release has one step after its last episode end.
    if (numbers < 0).any() or (numbers > N_KEYS).any() or not _are_valid_ends(ends, len(now)):
        raise ScoreError(f"{folder}: not a release of clips (keys or ends out of range)")
    step, column = np.nonzero(numbers)
    key = numbers[step, column] - 1
    roll = np.zeros((len(now), N_KEYS), bool)
    roll[step, key] = True
    return {
        "roll": np.packbits(roll, axis=1),
        "finger_key": _pressing(np.delete(place, (0, _POINTS // 2), axis=1), step, key),
        "fingertips": place.astype(np.float16),
        "episode_ends": ends,
        "split": np.full(len(ends), SPLIT),
    }


def _are_valid_ends(ends: NDArray[np.int64], steps: int) -> bool:
    return len(ends) > 0 and bool((np.diff(ends, prepend=0) > 0).all() and ends[-1] <= steps)


def _pressing(
    tips: NDArray[np.float32], step: NDArray[np.int64], key: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Return the key + 1 pressed by each fingertip, 0 for none, (steps, 10).

    Args:
        tips: (steps, 10, 3) fingertip positions [m, world].
        step: (n,) step of each press.
        key: (n,) key of each press.
    """
    off = np.abs(tips[step, :, 1] - key_y()[key][:, None])
    off[tips[step, :, 2] > 0] = np.inf
    finger, nearest = off.argmin(axis=1), off.min(axis=1)
    found = np.zeros(tips.shape[:2], np.uint8)
    order = np.argsort(-nearest, kind="stable")  # of two presses by one finger the nearer wins
    order = order[nearest[order] < _OVER_M]
    found[step[order], finger[order]] = key[order] + 1
    return found
