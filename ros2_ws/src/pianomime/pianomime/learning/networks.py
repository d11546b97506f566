"""The networks in torch, for training; what they learn is run by `pianomime.policy` in numpy."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pianomime.policy.mlp import Mlp


class Standardised(nn.Module):
    """A network behind the normalisation of its inputs."""

    def __init__(self, inputs: NDArray[np.float32], body: nn.Module) -> None:
        """Take mean and deviation of training inputs (rows, inputs)."""
        super().__init__()
        deviation = inputs.std(axis=0)
        self.register_buffer("mean", torch.from_numpy(inputs.mean(axis=0)))
        # An input that never changes would be blown up without bound the day it does.
        self.register_buffer("deviation", torch.from_numpy(np.maximum(deviation, 1e-2)))
        self.body = body

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the outputs for rows of inputs."""
        return self.body((x - self.mean) / self.deviation)


def mlp(inputs: int, outputs: int, width: int, depth: int) -> nn.Sequential:
    """Return `depth` hidden layers of `width` units, SiLU between them."""
    layers: list[nn.Module] = []
    for i in range(depth):
        layers += [nn.Linear(inputs if i == 0 else width, width), nn.SiLU()]
    return nn.Sequential(*layers, nn.Linear(width, outputs))


def to_numpy(network: Standardised) -> Mlp:
    """Return a standardised `mlp` as it is run."""
    assert isinstance(network.body, nn.Sequential)
    linear = [layer for layer in network.body if isinstance(layer, nn.Linear)]
    return Mlp(
        _array(network.mean),
        _array(network.deviation),
        tuple((_array(layer.weight), _array(layer.bias)) for layer in linear),
    )


def _array(tensor: torch.Tensor) -> NDArray[np.float32]:
    return np.asarray(tensor.detach().cpu().numpy(), np.float32)
