"""Inputs and answers of a network, to train it with."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pianomime.atomic_file import atomic_path

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Pairs:
    """Inputs (rows, inputs), answers, and the weight of each answer."""

    inputs: Floats
    answers: NDArray[Any]
    weights: Floats

    @classmethod
    def even(cls, inputs: Floats, answers: NDArray[Any]) -> "Pairs":
        """Return pairs whose answers all count alike."""
        return cls(inputs, answers, np.ones(answers.shape, np.float32))

    @classmethod
    def joined(cls, pairs: Iterable["Pairs"]) -> "Pairs":
        """Put several one after the other."""
        some = list(pairs)
        return cls(
            np.concatenate([p.inputs for p in some]),
            np.concatenate([p.answers for p in some]),
            np.concatenate([p.weights for p in some]),
        )

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.inputs)


def save_pairs(pairs: Pairs, path: Path) -> None:
    """Write pairs that all count alike, whole or not at all."""
    with atomic_path(path) as part:
        np.savez(part, inputs=pairs.inputs, answers=pairs.answers)


def load_pairs(path: Path) -> Pairs:
    """Read a file of `save_pairs`."""
    with np.load(path) as file:
        return Pairs.even(file["inputs"], file["answers"])
