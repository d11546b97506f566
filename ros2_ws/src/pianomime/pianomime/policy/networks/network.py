"""What a network is, whatever runs it."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

Sizes = dict[str, tuple[int, int]]
"""Inputs and outputs of networks, by name."""


class Network(Protocol):
    """A function of rows of numbers, which can be stored as named arrays and settings."""

    @property
    def inputs(self) -> int:
        """Number of inputs."""

    @property
    def outputs(self) -> int:
        """Number of outputs."""

    def __call__(self, x: Floats) -> Floats:
        """Return the outputs (t, outputs) for inputs (t, inputs)."""

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Return the arrays to store."""

    def settings(self) -> dict[str, Any]:
        """Return `kind`, a key of `KINDS`, and whatever else is needed to read it again."""
