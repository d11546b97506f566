"""A transformer over the decisions of the score, in torch."""

import torch
from torch import nn


class Transformer(nn.Module):
    """A transformer whose tokens are the decisions of the score, and the hands' state.

    Its inputs are `steps` times `width` numbers of the score, and then `state` of the hands. It has
    three layers of 96 units and four heads.
    """

    def __init__(self, steps: int, width: int, state: int, outputs: int) -> None:
        """Make the layers."""
        super().__init__()
        size = 96
        self.shape = {"steps": steps, "width": width, "state": state, "outputs": outputs}
        self.score, self.state = nn.Linear(width, size), nn.Linear(state, size)
        self.place = nn.Parameter(torch.randn(steps + 1, size) * 0.02)
        layer = nn.TransformerEncoderLayer(
            size, 4, 3 * size, 0.0, "gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
        self.out = nn.Linear(size, outputs)

    @property
    def inputs(self) -> int:
        """Number of inputs."""
        return self.shape["steps"] * self.shape["width"] + self.shape["state"]

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        return self.shape["outputs"]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the outputs (t, outputs) of the state's token."""
        steps, width = self.shape["steps"], self.shape["width"]
        score = self.score(x[:, : steps * width].reshape(-1, steps, width))
        tokens = torch.cat([self.state(x[:, steps * width :])[:, None], score], dim=1)
        return self.out(self.layers(tokens + self.place)[:, 0])
