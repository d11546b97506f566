"""A network of the library that torch runs: a module behind the normalisation of its inputs."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pianomime.errors import ModelError
from pianomime.policy.networks.key_encoder import KeyEncoder
from pianomime.policy.networks.transformer import Transformer

Floats = NDArray[np.float32]

MODULES: Final[dict[str, type[nn.Module]]] = {
    "transformer": Transformer,
    "key_encoder": KeyEncoder,
}
"""Modules by kind. Each has `shape`, the arguments of its construction."""


class TorchNetwork:
    """A module of `MODULES` on normalised inputs."""

    def __init__(self, mean: Floats, deviation: Floats, module: nn.Module) -> None:
        """Take mean and deviation (inputs,) of the inputs."""
        self._mean, self._deviation = mean, deviation
        self._module = module.eval()

    @property
    def inputs(self) -> int:
        """Number of inputs."""
        return int(self._module.inputs)

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        return int(self._module.outputs)

    def __call__(self, x: Floats) -> Floats:
        """Return the outputs (t, outputs) for inputs (t, inputs)."""
        seen = np.asarray((x - self._mean) / self._deviation, np.float32)
        with torch.inference_mode():
            return np.asarray(self._module(torch.from_numpy(seen)).numpy())

    def tensors(self) -> dict[str, Floats]:
        """Return the network as named arrays."""
        weights = {
            f"module.{key}": tensor.detach().cpu().numpy()
            for key, tensor in self._module.state_dict().items()
        }
        return {"mean": self._mean, "deviation": self._deviation} | weights

    def settings(self) -> dict[str, Any]:
        """Return the kind and the shape of the module."""
        (kind,) = (kind for kind, made in MODULES.items() if isinstance(self._module, made))
        return {"kind": kind, **self._module.shape}

    @classmethod
    def of(
        cls, name: str, kind: str, shape: dict[str, int], tensors: Mapping[str, Floats]
    ) -> "TorchNetwork":
        """Read the network `name` from named arrays.

        Raises:
            ModelError: Something is missing or does not fit.
        """
        weights = {
            key.removeprefix("module."): torch.from_numpy(array)
            for key, array in tensors.items()
            if key.startswith("module.")
        }
        try:
            module = MODULES[kind](**shape)
            module.load_state_dict(weights)
            network = cls(tensors["mean"], tensors["deviation"], module)
        except (KeyError, TypeError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(f"{name}: does not fit a {kind} ({reason})") from None
        if network._mean.shape != (network.inputs,):
            raise ModelError(f"{name}: mean has shape {network._mean.shape}")
        return network
