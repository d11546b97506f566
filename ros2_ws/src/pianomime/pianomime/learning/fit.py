"""Train the generalist's networks on demonstrations."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import torch

from pianomime.hands.hand_spec import HandSpec
from pianomime.learning.datasets import fingertip_pairs, joint_pairs
from pianomime.learning.episode import load_episode
from pianomime.learning.networks import (
    Loss,
    Standardised,
    exported,
    loss_of_fingers,
    loss_of_way,
    mlp,
)
from pianomime.learning.pairs import Pairs
from pianomime.learning.recipe import Recipe, TrainingConfig
from pianomime.learning.training import fit
from pianomime.policy.checkpoint import Checkpoint, PolicyCard, Probe
from pianomime.policy.finger_choice import LOOKAHEAD_S
from pianomime.policy.generalist import FINGERS, FINGERTIPS, JOINTS, generalist_sizes
from pianomime.policy.hand_frame import HandFrame
from pianomime.policy.networks.network import Network
from pianomime.simulation.model import load_model

_PROBES: Final = 64


class Bar(Protocol):
    """A progress bar, such as tqdm's."""

    def update(self, n: int) -> object:
        """Go on by `n`."""

    def set_postfix_str(self, s: str) -> None:
        """Show a text beside it."""


Progress = Callable[[str, int], AbstractContextManager[Bar]]
"""From what is done and how much of it there is to a bar."""


@dataclass(frozen=True)
class Demonstrated:
    """What there is to learn from.

    Attributes:
        episodes: Files.
        lessons: Of the network of fingers.
        data: About them, for the card.
    """

    episodes: Sequence[Path]
    lessons: Pairs
    data: dict[str, Any]


@dataclass(frozen=True)
class Fit:
    """A training of all three networks.

    Attributes:
        recipe: Of the training.
        hands: Description of the hands.
        folder: Of its state, to go on from.
        label: For progress bars.
        progress: Makes progress bars.
    """

    recipe: Recipe
    hands: HandSpec
    folder: Path
    label: str
    progress: Progress

    def run(self, demonstrated: Demonstrated) -> Checkpoint:
        """Train, or go on with a training, and return the policy."""
        timing = self.recipe.timing
        frame = HandFrame(load_model(self.hands))
        episodes = [load_episode(file, timing) for file in demonstrated.episodes]
        networks: dict[str, Network] = {}
        probes: dict[str, Probe] = {}

        def train(name: str, pairs: Pairs, loss: Loss) -> None:
            trained = self._train(name, pairs, loss, generalist_sizes(frame, timing)[name])
            networks[name], probes[name] = exported(trained), probe(trained, pairs)

        train(FINGERS, demonstrated.lessons, loss_of_fingers)
        train(FINGERTIPS, Pairs.joined(fingertip_pairs(e, frame) for e in episodes), loss_of_way)
        rng = np.random.default_rng(self.recipe.amounts.seed)
        followed = [joint_pairs(e, frame, networks[FINGERTIPS], rng) for e in episodes]
        train(JOINTS, Pairs.joined(followed), loss_of_way)
        counts = {
            "episodes": len(episodes),
            "steps": sum(len(episode.pose) for episode in episodes),
            "notes_with_fingers": demonstrated.lessons.rows,
        }
        card = PolicyCard(
            type="generalist",
            embodiment=self.hands.identity,
            timing=timing,
            lookahead_s=LOOKAHEAD_S,
            coordinates=frame.names,
            made_with={
                "recipe": self.recipe.as_dict(),
                "device": "cuda" if torch.cuda.is_available() else "cpu",
                "versions": {n: version(n) for n in ("torch", "numpy", "mujoco", "robopianist")},
            },
            data=demonstrated.data | counts,
        )
        return Checkpoint(card, networks, probes)

    def _train(self, name: str, pairs: Pairs, loss: Loss, size: tuple[int, int]) -> Standardised:
        config: TrainingConfig = getattr(self.recipe, name)
        config = replace(config, seed=config.seed + self.recipe.amounts.seed)
        with self.progress(f"{self.label}, {name}", config.steps) as bar:
            done = 0

            def report(step: int, validation: float) -> None:
                nonlocal done
                bar.update(step - done)
                done = step
                bar.set_postfix_str(f"loss {validation:.4f}")

            torch.manual_seed(config.seed)
            network = Standardised(pairs.inputs, mlp(*size, config.width, config.depth), loss)
            return fit(network, pairs, config, self.folder / name, report)


def probe(network: torch.nn.Module, pairs: Pairs) -> Probe:
    """Return the answers that torch gives to some inputs."""
    seen = pairs.inputs[:_PROBES]
    with torch.no_grad():
        return Probe(seen, np.asarray(network(torch.from_numpy(seen)).numpy()))
