"""The paper's encoding of wanted keys (section 3.3): 16 numbers from which distances follow.

An autoencoder: four convolutions take the 88 keys to a latent, and a small network gives from the
latent and any place on the keyboard the distance to the nearest wanted key.
"""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pianomime.piano.geometry import N_KEYS

LATENT: Final = 16
_FREQUENCIES: Final = 4
_FAR: Final = 1.0
"""Distance [keyboards] where no key is wanted; the paper's code has the lowest key in silence."""


class DistanceField(nn.Module):
    """Encoder and decoder."""

    def __init__(self) -> None:
        """Make them as the paper's: 2, 4, 8 and 16 channels, two hidden layers of 16."""
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((1, 2), (2, 4), (4, 8), (8, 16)):
            layers += [nn.Conv1d(before, after, 3, stride=2, padding=1), nn.SiLU()]
        self.encoder = nn.Sequential(*layers, nn.Flatten(), nn.Linear(16 * 6, LATENT))
        place = 1 + 2 * _FREQUENCIES
        self.decoder = nn.Sequential(
            nn.Linear(LATENT + place, 16), nn.SiLU(), nn.Linear(16, 16), nn.SiLU(), nn.Linear(16, 1)
        )

    def encode(self, keys: torch.Tensor) -> torch.Tensor:
        """Return the latents (rows, 16) of wanted keys (rows, 88)."""
        return self.encoder(keys[:, None])

    def distances(self, latent: torch.Tensor) -> torch.Tensor:
        """Return the distance of each key to the nearest wanted one [keyboards], (rows, 88)."""
        at = torch.linspace(0, 1, N_KEYS, device=latent.device)
        waves = [
            f(2**k * torch.pi * at) for k in range(_FREQUENCIES) for f in (torch.sin, torch.cos)
        ]
        place = torch.stack([at, *waves], dim=1).expand(len(latent), -1, -1)
        each = latent[:, None].expand(-1, N_KEYS, -1)
        return self.decoder(torch.cat([each, place], dim=2))[..., 0]

    def cost(self, keys: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        """Return the squared errors of the distances (rows, 88)."""
        return (self.distances(self.encode(keys)) - wanted) ** 2


def key_distances(keys: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the distance of each key to the nearest wanted one [keyboards], (rows, 88)."""
    index = np.arange(N_KEYS)
    far = np.where(keys[:, None, :], np.abs(index[:, None] - index), N_KEYS * _FAR).min(axis=2)
    return np.asarray(far / N_KEYS, np.float32)
