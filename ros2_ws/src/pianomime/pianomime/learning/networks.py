"""The networks in torch, for training, and what they become to be played."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from pianomime.learning.distance_field import DistanceField
from pianomime.piano.geometry import N_KEYS
from pianomime.policy.networks.flow import FLOW_STEPS, Flow, noise_of
from pianomime.policy.networks.mlp import Mlp
from pianomime.policy.networks.network import Network
from pianomime.policy.networks.torch_network import TorchNetwork

Floats = NDArray[np.float32]

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""From outputs and answers to the cost of each."""

_LEAST_DEVIATION = 1e-2
"""An input that never changed in training would be blown up without bound once it does."""


def loss_of_fingers(scores: torch.Tensor, fingers: torch.Tensor) -> torch.Tensor:
    """Cross entropy of the fingers."""
    return functional.cross_entropy(scores, fingers, reduction="none")


def loss_of_way(outputs: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
    """Huber: large errors are in states that nothing can save, and must not outweigh the rest."""
    return functional.smooth_l1_loss(outputs, answers, beta=0.1, reduction="none")


class _Normalised(nn.Module):
    """The normalisation of inputs."""

    def __init__(self, inputs: Floats) -> None:
        """Take mean and deviation of training inputs (rows, inputs)."""
        super().__init__()
        deviation = np.maximum(inputs.std(axis=0), _LEAST_DEVIATION)
        self.register_buffer("mean", torch.from_numpy(inputs.mean(axis=0)))
        self.register_buffer("deviation", torch.from_numpy(deviation))

    def normalised(self, x: torch.Tensor) -> torch.Tensor:
        """Return inputs in deviations from the mean."""
        return (x - self.mean) / self.deviation


class Standardised(_Normalised):
    """A network behind the normalisation of its inputs, with the cost of its answers."""

    def __init__(self, inputs: Floats, body: nn.Module, loss: Loss) -> None:
        """Take mean and deviation of training inputs (rows, inputs)."""
        super().__init__(inputs)
        self.body, self._loss = body, loss

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the outputs for rows of inputs."""
        return self.body(self.normalised(x))

    def cost(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return the cost of each answer."""
        return self._loss(self(x), y)


class FlowTraining(_Normalised):
    """Flow matching, see `Flow`; `body` gives the velocity."""

    def __init__(self, inputs: Floats, body: nn.Module, outputs: int) -> None:
        """Wrap `body`, which takes inputs + outputs + 1 numbers and gives `outputs`."""
        super().__init__(inputs)
        self.body, self._outputs = body, outputs

    def _velocity(self, x: torch.Tensor, at: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        return self.body(torch.cat([self.normalised(x), at, time], dim=1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return a sample for each row of inputs."""
        at = torch.from_numpy(noise_of(x.numpy(force=True), self._outputs)).to(x.device)
        for step in range(FLOW_STEPS):
            time = torch.full((len(x), 1), step / FLOW_STEPS, device=x.device)
            at = at + self._velocity(x, at, time) / FLOW_STEPS
        return at

    def cost(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return the squared error of the velocity at a random time."""
        noise, time = torch.randn_like(y), torch.rand(len(y), 1, device=y.device)
        at = (1 - time) * noise + time * y
        return (self._velocity(x, at, time) - (y - noise)) ** 2


def mlp(inputs: int, outputs: int, width: int, depth: int) -> nn.Sequential:
    """Return `depth` hidden layers of `width` units, SiLU between them."""
    layers: list[nn.Module] = []
    for i in range(depth):
        layers += [nn.Linear(inputs if i == 0 else width, width), nn.SiLU()]
    return nn.Sequential(*layers, nn.Linear(width, outputs))


def exported(network: Standardised | FlowTraining | DistanceField) -> Network:
    """Return a trained network as a policy plays it; of a distance field, its encoder."""
    if isinstance(network, DistanceField):
        zeros, ones = np.zeros(N_KEYS, np.float32), np.ones(N_KEYS, np.float32)
        return TorchNetwork(zeros, ones, network.encoder)
    mean, deviation = _array(network.mean), _array(network.deviation)
    if isinstance(network, FlowTraining):
        layers = _layers(network.body)
        width = layers[0][0].shape[1]
        velocity = Mlp(np.zeros(width, np.float32), np.ones(width, np.float32), layers)
        return Flow(mean, deviation, velocity)
    if isinstance(network.body, nn.Sequential):
        return Mlp(mean, deviation, _layers(network.body))
    return TorchNetwork(mean, deviation, network.body)


def _layers(body: nn.Sequential) -> tuple[tuple[Floats, Floats], ...]:
    linear = [layer for layer in body if isinstance(layer, nn.Linear)]
    return tuple((_array(layer.weight), _array(layer.bias)) for layer in linear)


def _array(tensor: torch.Tensor) -> Floats:
    return np.asarray(tensor.detach().cpu().numpy(), np.float32)
