"""The networks in torch, for training; what is shipped is run by `pianomime.policy` in numpy."""

from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from pianomime.policy.mlp import Mlp

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""From outputs and answers to the cost of each."""

FLOW_STEPS: Final = 4


def loss_of_fingers(scores: torch.Tensor, fingers: torch.Tensor) -> torch.Tensor:
    """Cross entropy of ten fingers."""
    return functional.cross_entropy(scores, fingers, reduction="none")


def loss_of_way(said: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Huber: far misses are states that nothing can save, and must not outweigh the rest."""
    return functional.smooth_l1_loss(said, wanted, beta=0.1, reduction="none")


class Standardised(nn.Module):
    """A network behind the normalisation of its inputs, with what its answers cost."""

    def __init__(self, inputs: NDArray[np.float32], body: nn.Module, loss: Loss) -> None:
        """Take mean and deviation of training inputs (rows, inputs)."""
        super().__init__()
        deviation = inputs.std(axis=0)
        self.register_buffer("mean", torch.from_numpy(inputs.mean(axis=0)))
        # An input that never changes would be blown up without bound the day it does.
        self.register_buffer("deviation", torch.from_numpy(np.maximum(deviation, 1e-2)))
        self.body = body
        self._loss = loss

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the outputs for rows of inputs."""
        return self.body((x - self.mean) / self.deviation)

    def cost(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return what each answer costs."""
        return self._loss(self(x), y)


class Flow(nn.Module):
    """A generative head: flow matching from noise to answers (Lipman et al., ICLR 2023).

    `body` gives the velocity from inputs, the answer on its way, and the time.
    """

    def __init__(self, inputs: NDArray[np.float32], body: nn.Module, outputs: int) -> None:
        """Wrap `body`, which takes inputs + outputs + 1 numbers and gives `outputs`."""
        super().__init__()
        deviation = np.maximum(inputs.std(axis=0), 1e-2)
        self.register_buffer("mean", torch.from_numpy(inputs.mean(axis=0)))
        self.register_buffer("deviation", torch.from_numpy(deviation))
        self.body, self._outputs = body, outputs

    def _velocity(self, x: torch.Tensor, at: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        return self.body(torch.cat([(x - self.mean) / self.deviation, at, time], dim=1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return a sample for each row of inputs, in `FLOW_STEPS` steps of Euler's."""
        at = torch.randn(len(x), self._outputs, device=x.device)
        for step in range(FLOW_STEPS):
            time = torch.full((len(x), 1), step / FLOW_STEPS, device=x.device)
            at = at + self._velocity(x, at, time) / FLOW_STEPS
        return at

    def cost(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return the squared error of the velocity at a random time."""
        noise, time = torch.randn_like(y), torch.rand(len(y), 1, device=y.device)
        at = (1 - time) * noise + time * y
        return (self._velocity(x, at, time) - (y - noise)) ** 2


class OverTime(nn.Module):
    """A transformer whose tokens are the steps of the score, and the hands' state.

    Its inputs are `steps` times `width` numbers of the score, and then those of the state.
    """

    def __init__(self, steps: int, width: int, state: int, outputs: int) -> None:
        """Make three layers of 96 units, four heads."""
        super().__init__()
        size = 96
        self._shape = (steps, width)
        self.score, self.state = nn.Linear(width, size), nn.Linear(state, size)
        self.place = nn.Parameter(torch.randn(steps + 1, size) * 0.02)
        layer = nn.TransformerEncoderLayer(
            size, 4, 3 * size, 0.0, "gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
        self.out = nn.Linear(size, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return what the state's token says at the end."""
        steps, width = self._shape
        score = self.score(x[:, : steps * width].reshape(-1, steps, width))
        tokens = torch.cat([self.state(x[:, steps * width :])[:, None], score], dim=1)
        return self.out(self.layers(tokens + self.place)[:, 0])


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
