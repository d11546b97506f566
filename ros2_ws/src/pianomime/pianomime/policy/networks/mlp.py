"""A multilayer perceptron in numpy: at one row a decision it is faster than any framework."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pianomime.errors import ModelError

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Mlp:
    """Normalised inputs, linear layers with SiLU between them.

    Attributes:
        mean: (inputs,) taken off the inputs.
        deviation: (inputs,) that they are then divided by.
        layers: Weight (out, in) and bias (out,) of each.
    """

    mean: Floats
    deviation: Floats
    layers: tuple[tuple[Floats, Floats], ...]

    @property
    def inputs(self) -> int:
        """Number of inputs."""
        return len(self.mean)

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        return len(self.layers[-1][1])

    def __call__(self, x: Floats) -> Floats:
        """Return the outputs (t, outputs) for inputs (t, inputs)."""
        x = (x - self.mean) / self.deviation
        for weight, bias in self.layers[:-1]:
            x = x @ weight.T + bias
            x = x * (0.5 + 0.5 * np.tanh(0.5 * x))  # x times its sigmoid, without overflow
        weight, bias = self.layers[-1]
        return np.asarray(x @ weight.T + bias)

    def tensors(self) -> dict[str, Floats]:
        """Return the network as named arrays."""
        named = {"mean": self.mean, "deviation": self.deviation}
        for i, (weight, bias) in enumerate(self.layers):
            named |= {f"{i}.weight": weight, f"{i}.bias": bias}
        return named

    def settings(self) -> dict[str, Any]:
        """Return the kind."""
        return {"kind": "mlp"}

    @classmethod
    def of(cls, name: str, tensors: Mapping[str, Floats]) -> "Mlp":
        """Read the network `name` from named arrays.

        Raises:
            ModelError: Something is missing, does not fit, or is not a finite number.
        """
        try:
            count = sum(key.endswith(".weight") for key in tensors)
            layers = tuple((tensors[f"{i}.weight"], tensors[f"{i}.bias"]) for i in range(count))
            network = cls(tensors["mean"], tensors["deviation"], layers)
        except KeyError as error:
            raise ModelError(f"{name}: {error.args[0]} is missing") from None
        network._check(name)
        return network

    def _check(self, name: str) -> None:
        for key, tensor in self.tensors().items():
            if tensor.dtype != np.float32 or not np.isfinite(tensor).all():
                raise ModelError(f"{name}: {key} must be finite numbers of 32 bits")
        if not self.layers or self.mean.ndim != 1:
            raise ModelError(f"{name}: has no layers, or a mean of shape {self.mean.shape}")
        if self.deviation.shape != self.mean.shape or not (self.deviation > 0).all():
            raise ModelError(f"{name}: deviation must be positive and of shape {self.mean.shape}")
        width = self.inputs
        for i, (weight, bias) in enumerate(self.layers):
            if weight.shape != (len(bias), width):
                raise ModelError(
                    f"{name}: {i}.weight is of shape {weight.shape}; must be {(len(bias), width)}"
                )
            width = len(bias)
