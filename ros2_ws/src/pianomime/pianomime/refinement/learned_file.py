"""File format of learned performances: a plan, its fingering, and a card of metadata."""

import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pianomime.atomic_file import atomic_path
from pianomime.errors import ConfigError, ModelError, OutputError
from pianomime.hands.hand_spec import HandSpec
from pianomime.planning.performance_plan import PerformancePlan
from pianomime.planning.strikes import Strike
from pianomime.timing import Timing

_PHYSICS: Final = ("mujoco", "robopianist")
_FORMAT: Final = 3
_ARRAYS: Final = ("target", "position", "sustain")


@dataclass(frozen=True)
class Card:
    """Metadata of a learned performance.

    Attributes:
        title: Title of the score.
        sha256: Hash of the only score that it can play.
        embodiment: Identity of the hands, see `HandSpec`.
        timing: Timing of decisions and commands.
        joint_names: Names of the joints, in the order of the plan.
        f1: F1 after learning.
        f1_planned: F1 of the initial plan.
        how: Method and its settings.
        seed: Random seed.
        versions: Versions of the packages that affect the physics.
    """

    title: str
    sha256: str
    embodiment: str
    timing: Timing
    joint_names: tuple[str, ...]
    f1: float
    f1_planned: float
    how: str
    seed: int
    versions: dict[str, str]


@dataclass(frozen=True)
class LearnedPerformance:
    """Learned performance: plan, finger of each note of the score, and card."""

    plan: PerformancePlan
    fingers: tuple[int, ...]
    card: Card

    def check_hands(self, spec: HandSpec) -> None:
        """Raise ModelError if it was learned with other hands."""
        if spec.identity != self.card.embodiment:
            raise ModelError(
                f"learned for embodiment {self.card.embodiment!r}, not {spec.identity!r}"
            )

    def check_timing(self, timing: Timing) -> None:
        """Raise ModelError unless it was learned with this timing."""
        timing.check_same(self.card.timing, "the learned performance", ModelError)

    def check_joints(self, joint_names: Sequence[str]) -> None:
        """Raise ModelError if the joints differ from those it was learned with, or their order."""
        if tuple(joint_names) != self.card.joint_names:
            raise ModelError("learned for joints in another order, or with other names")

    def check_score(self, sha256: str) -> None:
        """Raise ModelError if it was learned for another score."""
        if sha256 != self.card.sha256:
            raise ModelError(
                f"learned for score {self.card.title!r} ({self.card.sha256[:12]}), "
                f"not for the one given ({sha256[:12]})"
            )


def versions() -> dict[str, str]:
    """Return the versions of the packages that affect the physics."""
    return {name: version(name) for name in _PHYSICS}


def save_learned(learned: LearnedPerformance, path: Path) -> None:
    """Write a learned performance; several 100 kB for a song of 30 s.

    Raises:
        OutputError: The file cannot be written.
    """
    plan = learned.plan
    arrays = {name: getattr(plan, name) for name in _ARRAYS}
    arrays = {n: a.astype(np.float32) if a.dtype == float else a for n, a in arrays.items()}
    arrays["strikes"] = np.array([astuple(strike) for strike in plan.strikes]).reshape(-1, 7)
    card = json.dumps({"format": _FORMAT, "lead_in_s": plan.lead_in_s, **asdict(learned.card)})
    try:
        fingers = np.array(learned.fingers, np.int8)
        with atomic_path(path) as part, part.open("wb") as file:
            np.savez_compressed(file, card=np.array(card), fingers=fingers, **arrays)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error})") from None


def load_learned(path: Path, spec: HandSpec) -> LearnedPerformance:
    """Read a file of `save_learned`, without executing code from it.

    Raises:
        ModelError: The file is not a learned performance, of another format version, or learned
            with other hands than those of `spec`.
    """
    try:
        with np.load(path, allow_pickle=False) as data:
            card = json.loads(str(data["card"]))
            arrays = {name: data[name] for name in data.files if name != "card"}
        if card.pop("format") != _FORMAT:
            raise ModelError(f"{path}: made by another version; learn it again")
        lead_in_s = float(card.pop("lead_in_s"))
        card["timing"] = timing = Timing.from_stored(card["timing"])
        own = {n: _wide(arrays[n]) for n in _ARRAYS}
        plan = PerformancePlan(timing, lead_in_s, **own, strikes=_strikes(arrays["strikes"]))
        card["joint_names"] = tuple(card["joint_names"])
        learned = LearnedPerformance(plan, tuple(arrays["fingers"].tolist()), Card(**card))
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, ConfigError) as error:
        raise ModelError(f"{path}: not a learned performance ({error})") from None
    if not (np.isfinite(plan.target).all() and np.isfinite(plan.position).all()):
        raise ModelError(f"{path}: holds values that are not finite")
    learned.check_hands(spec)
    return learned


def _strikes(rows: NDArray[np.float64]) -> tuple[Strike, ...]:
    return tuple(
        Strike(int(finger), int(key), int(velocity), *times)
        for finger, key, velocity, *times in rows.tolist()
    )


def _wide(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(float) if array.dtype == np.float32 else array
