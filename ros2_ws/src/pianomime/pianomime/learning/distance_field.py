"""Training of the paper's encoding of goal keys (section 3.3): an autoencoder of distances.

A network gives from the encoded keys and any place on the keyboard the distance to the nearest
goal key.
"""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pianomime.piano.geometry import N_KEYS
from pianomime.policy.networks.key_encoder import LATENT, KeyEncoder

_FREQUENCIES: Final = 4
_FAR: Final = 1.0
"""Distance [keyboards] without goal keys; the paper's code has the lowest key in silence."""


class DistanceField(nn.Module):
    """Encoder and decoder."""

    def __init__(self) -> None:
        """Make them as the paper's: the decoder has two hidden layers of 16."""
        super().__init__()
        self.encoder = KeyEncoder()
        place = 1 + 2 * _FREQUENCIES
        self.decoder = nn.Sequential(
            nn.Linear(LATENT + place, 16), nn.SiLU(), nn.Linear(16, 16), nn.SiLU(), nn.Linear(16, 1)
        )

    def distances(self, latent: torch.Tensor) -> torch.Tensor:
        """Return the distance of each key to the nearest goal key [keyboards], (rows, 88)."""
        at = torch.linspace(0, 1, N_KEYS, device=latent.device)
        waves = [
            f(2**k * torch.pi * at) for k in range(_FREQUENCIES) for f in (torch.sin, torch.cos)
        ]
        place = torch.stack([at, *waves], dim=1).expand(len(latent), -1, -1)
        each = latent[:, None].expand(-1, N_KEYS, -1)
        return self.decoder(torch.cat([each, place], dim=2))[..., 0]

    def cost(self, goal_keys: torch.Tensor, distances: torch.Tensor) -> torch.Tensor:
        """Return the squared errors of the distances (rows, 88)."""
        return (self.distances(self.encoder(goal_keys)) - distances) ** 2


def key_distances(goal_keys: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the distance of each key to the nearest goal key [keyboards], (rows, 88)."""
    index = np.arange(N_KEYS)
    each = np.abs(index[:, None] - index)
    far = np.where(goal_keys[:, None, :], each, N_KEYS * _FAR).min(axis=2)
    return np.asarray(far / N_KEYS, np.float32)
