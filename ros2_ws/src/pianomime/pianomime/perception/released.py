"""Demonstrations from PianoMime's releases: one array per hand, or a clip."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import UNASSIGNED
from pianomime.perception.demonstration import Demonstration, DemonstrationError
from pianomime.score.clips import CLIP_TIMING, Clip
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Score

_HANDS: Final = ("left_hand.npy", "right_hand.npy")
_ROWS, _COLUMNS = 8, 6
"""Rows x, y, z, quaternion, key; columns wrist and five fingertips."""


def from_hand_arrays(folder: Path, score: Score) -> Demonstration:
    """Read `left_hand.npy` and `right_hand.npy`: (steps, 8, 6) at 20 Hz, from the first note on.

    Args:
        folder: Folder of the two files.
        score: Score that they play, without leading silence.

    Raises:
        DemonstrationError: The files are missing, of another shape, or of another score.
    """
    try:
        hands = [np.load(folder / name, allow_pickle=False) for name in _HANDS]
    except (OSError, ValueError, EOFError) as error:
        raise DemonstrationError(f"{folder}: no released hands there ({error})") from None
    for name, hand in zip(_HANDS, hands, strict=True):
        if hand.ndim != 3 or hand.shape[1:] != (_ROWS, _COLUMNS):
            raise DemonstrationError(
                f"{folder / name}: of shape {hand.shape}, not (steps, {_ROWS}, {_COLUMNS})"
            )
    if len(hands[0]) != len(hands[1]):
        raise DemonstrationError(f"{folder}: hands of {len(hands[0])} and {len(hands[1])} steps")
    tips_m = np.concatenate([hand[:, :2, 1:].transpose(0, 2, 1) for hand in hands], axis=1)
    key = np.concatenate([hand[:, 7, 1:] for hand in hands], axis=1).astype(int)
    return _demonstration(score, tips_m, key, f"released arrays of {folder.name}")


def from_clip(clip: Clip, score: Score) -> Demonstration:
    """Convert a clip to a demonstration of its score without leading silence.

    Raises:
        DemonstrationError: The clip is of another score.
    """
    silence = int(np.argmax(clip.roll.any(axis=1)))
    key = clip.finger_key[silence:].astype(int) - 1
    return _demonstration(score, clip.tips[silence:, :, :2], key, f"clip {clip.index}")


def _demonstration(
    score: Score, tips_m: NDArray[np.float64], key: NDArray[np.int64], source: str
) -> Demonstration:
    """Derive the finger of each note from the key of each finger at each step, (steps, 10)."""
    finger = np.full(len(score.notes), UNASSIGNED)
    confidence = np.zeros(len(score.notes))
    goals = ScoreGoals.of(score, CLIP_TIMING)
    for note in goals.notes:
        # Rounding to steps may shift a note by one step relative to the release.
        near = key[max(note.first - 1, 0) : note.last + 2] == note.key
        held = near.sum(axis=0)
        if held.any():
            finger[note.index] = int(np.argmax(held))
            confidence[note.index] = held.max() / held.sum()
    if (finger == UNASSIGNED).mean() > 0.5:
        raise DemonstrationError(f"{source}: plays few of the notes of {score.title}")
    return Demonstration(
        score.sha256,
        finger,
        confidence,
        tips_m[1 : goals.steps + 1].astype(float),
        CLIP_TIMING.decision_s,
        {"source": source},
    )
