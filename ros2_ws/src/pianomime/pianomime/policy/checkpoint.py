"""The policy as one file: weights, what they are for, and an answer to check them by.

A safetensors file holds arrays and text, nothing that could be executed.
"""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from pianomime.errors import ModelError, OutputError
from pianomime.hands.hands_model import HandsModel
from pianomime.policy.generalist import Networks, sizes
from pianomime.policy.hand_frame import HandFrame
from pianomime.policy.mlp import Mlp

FORMAT: Final = 1
"""Counted up when what the networks see or say changes."""

MAX_BYTES: Final = 64 << 20

_CARD: Final = "pianomime"
_AGREES: Final = 1e-3
"""Most by which numpy may differ from torch, in the outputs' units."""


@dataclass(frozen=True)
class PolicyCard:
    """What a checkpoint is.

    Attributes:
        embodiment: Which hands it plays.
        coordinates: Names of one hand's coordinates, in their order.
        made_with: Commands, seeds and versions.
        data: What it learned from, and what was held out.
    """

    embodiment: str
    coordinates: tuple[str, ...]
    made_with: dict[str, Any]
    data: dict[str, Any]


@dataclass(frozen=True)
class Checkpoint:
    """Networks, their card, and for each network inputs and what torch answered to them."""

    networks: Networks
    card: PolicyCard
    probes: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]

    def check_embodiment(self, name: str) -> None:
        """Raise ModelError unless the policy was made for hands that are mounted so."""
        if name != self.card.embodiment:
            raise ModelError(f"policy for embodiment {self.card.embodiment!r}, not {name!r}")

    def check_hands(self, hands: HandsModel) -> None:
        """Raise ModelError unless the policy was made for these joints, in their order."""
        frame = HandFrame(hands)
        if self.card.coordinates != frame.names:
            theirs, ours = ", ".join(self.card.coordinates), ", ".join(frame.names)
            raise ModelError(f"policy for the joints {theirs}; these hands have {ours}")
        for name, (inputs, outputs) in sizes(frame).items():
            network: Mlp = getattr(self.networks, name)
            if (network.inputs, network.outputs) != (inputs, outputs):
                raise ModelError(
                    f"policy's network {name} takes {network.inputs} and gives {network.outputs}; "
                    f"must be {inputs} and {outputs}"
                )


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write the file whole or not at all.

    Raises:
        OutputError: It cannot be written.
    """
    tensors: dict[str, NDArray[np.float32]] = {}
    for network in fields(Networks):
        mlp: Mlp = getattr(checkpoint.networks, network.name)
        tensors |= {f"{network.name}/{key}": array for key, array in mlp.tensors().items()}
        seen, said = checkpoint.probes[network.name]
        tensors |= {f"{network.name}/probe.inputs": seen, f"{network.name}/probe.outputs": said}
    card = json.dumps({"format": FORMAT, **asdict(checkpoint.card)})
    whole = {key: np.ascontiguousarray(array) for key, array in tensors.items()}
    try:
        part = path.with_suffix(".part")
        part.write_bytes(save(whole, metadata={_CARD: card}))
        part.replace(path)
    except (OSError, SafetensorError) as error:
        raise OutputError(f"{path}: cannot be written ({error})") from None


def load_checkpoint(path: Path) -> Checkpoint:
    """Read and check a file of `save_checkpoint`.

    Raises:
        ModelError: It is no such file, of another version, broken, or answers otherwise than torch
            did when it was made.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ModelError(f"{path}: {size:,} bytes; a policy of at most {MAX_BYTES:,} is read")
        with safe_open(path, "np") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        card = json.loads(metadata[_CARD])
        if card.pop("format") != FORMAT:
            raise ModelError(f"{path}: made by another version; this one reads format {FORMAT}")
        card["coordinates"] = tuple(card["coordinates"])
        checkpoint = _assemble(PolicyCard(**card), tensors)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path}: not a policy ({error})") from None
    except ModelError as error:
        raise ModelError(str(error) if str(path) in str(error) else f"{path}: {error}") from None
    return checkpoint


def _assemble(card: PolicyCard, tensors: dict[str, NDArray[Any]]) -> Checkpoint:
    networks: dict[str, Mlp] = {}
    probes = {}
    for network in fields(Networks):
        own = {
            key.removeprefix(f"{network.name}/"): array
            for key, array in tensors.items()
            if key.startswith(f"{network.name}/")
        }
        seen, said = own.pop("probe.inputs"), own.pop("probe.outputs")
        networks[network.name] = Mlp.of(network.name, own)
        probes[network.name] = seen, said
        off = np.abs(networks[network.name](seen) - said).max()
        if not off <= _AGREES:
            raise ModelError(f"{network.name} answers {off:.3g} off what torch answered")
    return Checkpoint(Networks(**networks), card, probes)
