"""How the generalist is trained: the fields of config/training.yaml."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

import yaml

from pianomime.config import Config, parameter
from pianomime.errors import ConfigError
from pianomime.timing import Timing


@dataclass(frozen=True, kw_only=True)
class Amounts(Config):
    """How much is demonstrated and corrected."""

    seed: int = parameter(0, "Of everything random", ge=0)
    demonstration_rounds: int = parameter(1, "Times that all songs are demonstrated varied", ge=0)
    lesson_rounds: int = parameter(4, "Times that all songs get fingers, varied", ge=0)
    corrections: int = parameter(2, "Times that the student plays and is corrected", ge=0)
    corrected_songs: int = parameter(300, "Songs that it plays each time", ge=1)


@dataclass(frozen=True, kw_only=True)
class TrainingConfig(Config):
    """How a network is trained."""

    width: int = parameter(384, "Units of a hidden layer", ge=1)
    depth: int = parameter(3, "Hidden layers", ge=1, le=32)
    steps: int = parameter(20_000, "Minibatches", ge=1)
    batch: int = parameter(1024, "Rows of a minibatch", ge=1)
    learning_rate: float = parameter(1e-3, "AdamW's at the start; falls as a cosine", ge=1e-7)
    weight_decay: float = parameter(1e-4, "AdamW's", ge=0.0)
    ema: float = parameter(0.999, "Of the weights' moving average, a step", ge=0.0, le=1.0)
    held_back: float = parameter(0.03, "Share of rows, at the end, to validate with", ge=0, le=0.5)
    threads: int = parameter(2, "Of torch", ge=1)
    seed: int = parameter(0, "Of everything random", ge=0)


@dataclass(frozen=True)
class Recipe:
    """Amounts, timing, and the training of each network."""

    amounts: Amounts
    timing: Timing
    fingers: TrainingConfig
    fingertips: TrainingConfig
    joints: TrainingConfig

    def as_dict(self) -> dict[str, Any]:
        """Return all values, to be stored."""
        return asdict(self)


_SECTIONS: Final[dict[str, type[Config]]] = {
    "timing": Timing,
    "fingers": TrainingConfig,
    "fingertips": TrainingConfig,
    "joints": TrainingConfig,
}


def load_recipe(path: Path) -> Recipe:
    """Read a YAML file like config/training.yaml.

    Raises:
        ConfigError: A name or a value in it is not legal.
    """
    try:
        given = yaml.safe_load(path.read_text()) or {}
        sections = {name: given.pop(name, None) or {} for name in _SECTIONS}
    except (OSError, yaml.YAMLError, AttributeError, TypeError) as error:
        raise ConfigError(f"{path}: not a recipe ({error})") from None
    amounts = _config(Amounts, given, f"{path}:", tuple(_SECTIONS))
    made = {n: _config(t, sections[n], f"{path}: {n}:") for n, t in _SECTIONS.items()}
    return Recipe(amounts, **made)


def _config(config_type: type[Config], given: Any, where: str, further: Sequence[str] = ()) -> Any:
    """Return a configuration; `further` names are legal beside its own."""
    legal = {field.name for field in fields(config_type)}
    if not isinstance(given, Mapping):
        raise ConfigError(f"{where} {given!r}: must be names and values")
    if unknown := sorted(map(str, given.keys() - legal)):
        names = ", ".join([*sorted(legal), *further])
        raise ConfigError(f"{where} unknown {unknown[0]!r}; there are: {names}")
    try:
        return config_type(**given)
    except ConfigError as error:
        raise ConfigError(f"{where} {error}") from None
