"""The paper's encoding of goal keys (section 3.3), in torch: 16 numbers for 88 keys."""

from itertools import pairwise
from typing import ClassVar, Final

import torch
from torch import nn

from pianomime.piano.geometry import N_KEYS

LATENT: Final = 16
_CHANNELS: Final = (1, 2, 4, 8, 16)


class KeyEncoder(nn.Module):
    """Four convolutions and a linear layer; `pianomime.learning.distance_field` trains them."""

    inputs, outputs = N_KEYS, LATENT
    shape: ClassVar[dict[str, int]] = {}  # nothing to choose

    def __init__(self) -> None:
        """Make the layers."""
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in pairwise(_CHANNELS):
            layers += [nn.Conv1d(before, after, 3, stride=2, padding=1), nn.SiLU()]
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(16 * 6, LATENT))

    def forward(self, keys: torch.Tensor) -> torch.Tensor:
        """Return the latents (t, 16) of goal keys (t, 88)."""
        return self.layers(keys[:, None])
