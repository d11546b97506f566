"""A policy as one file: networks, what they are for, and answers to check them by.

A safetensors file holds arrays and text, nothing that could be executed.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from pianomime.atomic_file import atomic_path
from pianomime.errors import ConfigError, ModelError, OutputError
from pianomime.hands.hand_spec import HandSpec
from pianomime.policy.networks.kinds import read_network
from pianomime.policy.networks.network import Floats, Network
from pianomime.timing import Timing

FORMAT: Final = 2
"""Counted up when the file's layout changes, or the meaning of what a network sees or answers."""

MAX_BYTES: Final = 64 << 20

_CARD: Final = "pianomime"
_NETWORKS: Final = "networks"
_PROBE: Final = "probe."
_AGREES: Final = 1e-3
"""Most by which answers may differ from those of the training, in the outputs' units."""


@dataclass(frozen=True, kw_only=True)
class PolicyCard:
    """What a checkpoint is and what it needs.

    Attributes:
        type: A key of `POLICY_TYPES`.
        embodiment: Identity of the hands that it plays, see `HandSpec`.
        timing: With which it was trained.
        lookahead_s: Time ahead whose notes it sees [s].
        coordinates: Names of one hand's coordinates, in their order.
        settings: Of the type.
        made_with: Commands, seeds and versions.
        data: What it was trained on, and what was held out.
    """

    type: str
    embodiment: str
    timing: Timing
    lookahead_s: float
    coordinates: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    made_with: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)

    def check_hands(self, spec: HandSpec) -> None:
        """Raise ModelError unless the policy was trained with these hands."""
        if spec.identity != self.embodiment:
            raise ModelError(f"policy for embodiment {self.embodiment!r}, not {spec.identity!r}")

    def check_timing(self, timing: Timing) -> None:
        """Raise ModelError unless the policy was trained to decide as often.

        How finely its targets are commanded may differ: it answers with one target a decision.
        """
        if timing.decision_s != self.timing.decision_s:
            raise ModelError(
                f"policy that decides every {self.timing.decision_s:g} s; "
                f"this run does every {timing.decision_s:g} s"
            )

    def stored(self) -> dict[str, Any]:
        """Return the fields, to be stored."""
        return asdict(self)

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "PolicyCard":
        """Read what `stored` gave.

        Raises:
            ModelError: A field is missing, unknown or not legal.
        """
        try:
            timing = Timing.from_stored(stored["timing"])
            coordinates = tuple(map(str, stored["coordinates"]))
            lookahead_s = float(stored["lookahead_s"])
            read = {"timing": timing, "coordinates": coordinates, "lookahead_s": lookahead_s}
            return cls(**stored | read)
        except KeyError as error:
            raise ModelError(f"its card has no {error.args[0]}") from None
        except (ConfigError, TypeError, ValueError) as error:
            raise ModelError(f"its card is not legal ({error})") from None


@dataclass(frozen=True)
class Probe:
    """Inputs of a network, and its answers at the end of the training."""

    inputs: Floats
    outputs: Floats

    @classmethod
    def of(cls, network: Network, inputs: Floats) -> "Probe":
        """Ask the network."""
        return cls(inputs, network(inputs))


@dataclass(frozen=True)
class Checkpoint:
    """A policy's networks by name, its card, and a probe of each network."""

    card: PolicyCard
    networks: Mapping[str, Network]
    probes: Mapping[str, Probe]


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write the file whole or not at all.

    Raises:
        OutputError: It cannot be written.
    """
    tensors: dict[str, NDArray[Any]] = {}
    settings = {}
    for name, network in checkpoint.networks.items():
        settings[name] = network.settings()
        tensors |= {f"{name}/{key}": array for key, array in network.tensors().items()}
        probe = checkpoint.probes[name]
        tensors[f"{name}/{_PROBE}inputs"] = probe.inputs
        tensors[f"{name}/{_PROBE}outputs"] = probe.outputs
    card = json.dumps({"format": FORMAT, **checkpoint.card.stored(), _NETWORKS: settings})
    whole = {key: np.ascontiguousarray(array) for key, array in tensors.items()}
    try:
        with atomic_path(path) as part:
            part.write_bytes(save(whole, metadata={_CARD: card}))
    except (OSError, SafetensorError) as error:
        raise OutputError(f"{path}: cannot be written ({error})") from None


def load_checkpoint(path: Path) -> Checkpoint:
    """Read and check a file of `save_checkpoint`.

    Raises:
        ModelError: It is no such file, of another version, broken, needs a package that is
            missing, or answers otherwise than at the end of the training.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ModelError(f"{size:,} bytes; a policy of at most {MAX_BYTES:,} is read")
        with safe_open(path, "np") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        stored = json.loads(metadata[_CARD])
        if stored.pop("format") != FORMAT:
            raise ModelError(f"made by another version; this one reads format {FORMAT}")
        networks = stored.pop(_NETWORKS)
        return _assemble(PolicyCard.of(stored), networks, tensors)
    except (OSError, SafetensorError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path}: not a policy ({error})") from None
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None


def _assemble(
    card: PolicyCard, settings: dict[str, Any], tensors: dict[str, NDArray[Any]]
) -> Checkpoint:
    networks: dict[str, Network] = {}
    probes: dict[str, Probe] = {}
    for name, own_settings in settings.items():
        own = {
            key.removeprefix(f"{name}/"): array
            for key, array in tensors.items()
            if key.startswith(f"{name}/")
        }
        probe = Probe(own.pop(f"{_PROBE}inputs"), own.pop(f"{_PROBE}outputs"))
        network = read_network(name, own_settings, own)
        off = np.abs(network(probe.inputs) - probe.outputs).max()
        if not off <= _AGREES:
            raise ModelError(f"{name} answers {off:.3g} off what it answered after training")
        networks[name], probes[name] = network, probe
    return Checkpoint(card, networks, probes)
