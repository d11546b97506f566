"""The score that counts, RoboPianist's and PianoMime's: F1 of pressed keys per control step."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class KeyPressMetrics:
    """Means over control steps.

    Attributes:
        precision: Share of the pressed keys that were wanted; 1 where nothing is pressed.
        recall: Share of the wanted keys that were pressed; 1 where nothing is wanted.
        f1: 2TP / (2TP + FP + FN); 1 where nothing is pressed or wanted.
        f1_sounding: `f1` over the steps where a key is wanted or pressed; NaN if there is none.
    """

    precision: float
    recall: float
    f1: float
    f1_sounding: float


def f1_per_step(goal_keys: NDArray[np.bool_], pressed: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return F1 of each step; both arrays are (steps, 88)."""
    hit, false, missed = _counts(goal_keys, pressed)
    return _ratio(2 * hit, 2 * hit + false + missed)


def key_press_metrics(goal_keys: NDArray[np.bool_], pressed: NDArray[np.bool_]) -> KeyPressMetrics:
    """Judge a performance.

    Args:
        goal_keys: (steps, 88) goal of each decision.
        pressed: (steps, 88) keys within 0.5 degrees of their end stop at the step's end.

    Equals scikit-learn's precision_recall_fscore_support(average="binary", zero_division=1) per
    step (RoboPianist's wrappers/evaluation.py), except in its versions 1.3.x, whose F1 is wrong
    where nothing is hit.
    """
    hit, false, missed = _counts(goal_keys, pressed)
    f1 = f1_per_step(goal_keys, pressed)
    sounding = hit + false + missed > 0
    return KeyPressMetrics(
        precision=float(np.mean(_ratio(hit, hit + false))),
        recall=float(np.mean(_ratio(hit, hit + missed))),
        f1=float(np.mean(f1)),
        f1_sounding=float(np.mean(f1[sounding])) if sounding.any() else float("nan"),
    )


class RunningF1:
    """Mean F1 of the steps so far, without going through them again."""

    def __init__(self) -> None:
        """Begin before the first step."""
        self._sum, self._count = 0.0, 0

    def add(self, goal_keys: NDArray[np.bool_], pressed: NDArray[np.bool_]) -> None:
        """Take the keys wanted and pressed at a step's end, (88,) each."""
        self._sum += float(f1_per_step(goal_keys[None], pressed[None])[0])
        self._count += 1

    @property
    def value(self) -> float:
        """The mean; NaN before the first step."""
        return self._sum / self._count if self._count else float("nan")


def _counts(
    goal_keys: NDArray[np.bool_], pressed: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    if goal_keys.shape != pressed.shape:
        raise ValueError(f"goal_keys has shape {goal_keys.shape}, pressed {pressed.shape}")
    return (
        np.sum(goal_keys & pressed, axis=1),
        np.sum(~goal_keys & pressed, axis=1),
        np.sum(goal_keys & ~pressed, axis=1),
    )


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(whole > 0, part / np.maximum(whole, 1), 1.0)
