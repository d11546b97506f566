"""Precision, recall and F1 of pressed keys per control step, as in RoboPianist and PianoMime."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class KeyPressMetrics:
    """Key-press metrics, averaged over control steps.

    Attributes:
        precision: Share of the pressed keys that are goal keys; 1 where no key is pressed.
        recall: Share of the goal keys that are pressed; 1 where there is no goal key.
        f1: 2TP / (2TP + FP + FN); 1 where there is neither a goal key nor a pressed key.
        f1_sounding: `f1` over the steps with a goal key or a pressed key; NaN if there is none.
    """

    precision: float
    recall: float
    f1: float
    f1_sounding: float


def f1_per_step(goal_keys: NDArray[np.bool_], pressed: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the F1 of each step, (steps,); both arguments are (steps, 88)."""
    hit, false, missed = _counts(goal_keys, pressed)
    return _ratio(2 * hit, 2 * hit + false + missed)


def key_press_metrics(goal_keys: NDArray[np.bool_], pressed: NDArray[np.bool_]) -> KeyPressMetrics:
    """Compute the key-press metrics of a performance.

    Args:
        goal_keys: (steps, 88) goal keys of each decision.
        pressed: (steps, 88) keys within 0.5 degrees of their end stop at the end of the decision.

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
    """Running mean of the F1 per step."""

    def __init__(self) -> None:
        """Initialise without any step."""
        self._sum, self._count = 0.0, 0

    def add(self, goal_keys: NDArray[np.bool_], pressed: NDArray[np.bool_]) -> None:
        """Add one step: goal keys and pressed keys at its end, (88,) each."""
        self._sum += float(f1_per_step(goal_keys[None], pressed[None])[0])
        self._count += 1

    @property
    def value(self) -> float:
        """Mean F1 so far; NaN before the first step."""
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
