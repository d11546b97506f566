"""From songs to a checkpoint: the teacher shows, the student learns, plays and is corrected.

Every stage is a folder, and what is there is not done again: the same command goes on where it was
interrupted.
"""

import hashlib
import json
import math
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, fields, replace
from importlib.metadata import version
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import torch
import yaml

from pianomime.config import Config, parameter
from pianomime.errors import ConfigError
from pianomime.hands.embodiment import embodiment
from pianomime.hands.hands_model import HandsModel
from pianomime.learning.datasets import Pairs, fingertip_pairs, joint_pairs
from pianomime.learning.episode import load_episode
from pianomime.learning.finger_lessons import corrected, taught
from pianomime.learning.generate import generate
from pianomime.learning.networks import (
    Loss,
    Standardised,
    loss_of_fingers,
    loss_of_way,
    mlp,
    to_numpy,
)
from pianomime.learning.songs import HeldOut, curriculum
from pianomime.learning.training import (
    TrainingConfig,
    fit,
)
from pianomime.policy.checkpoint import (
    Checkpoint,
    PolicyCard,
    load_checkpoint,
    save_checkpoint,
)
from pianomime.policy.generalist import Networks, sizes
from pianomime.policy.hand_frame import HandFrame
from pianomime.policy.mlp import Mlp
from pianomime.score.score import Score
from pianomime.simulation.model import load_model
from pianomime.threads import ONE_THREAD

_PROBES: Final = 64


class Bar(Protocol):
    """What progress is told to; tqdm's bars are that."""

    def update(self, n: int) -> object:
        """Go on by `n`."""

    def set_postfix_str(self, s: str) -> None:
        """Say something beside it."""


Progress = Callable[[str, int], AbstractContextManager[Bar]]
"""From what is done and how much of it there is to a bar."""


@dataclass(frozen=True, kw_only=True)
class Amounts(Config):
    """How much is shown and corrected."""

    seed: int = parameter(0, "Of everything random", ge=0)
    demonstration_rounds: int = parameter(1, "Times that all songs are shown varied", ge=0)
    lesson_rounds: int = parameter(4, "Times that all songs get fingers, varied", ge=0)
    corrections: int = parameter(2, "Times that the student plays and is corrected", ge=0)
    corrected_songs: int = parameter(300, "Songs that it plays each time", ge=1)


@dataclass(frozen=True)
class Recipe:
    """Amounts, and how each network is trained."""

    amounts: Amounts
    fingers: TrainingConfig
    fingertips: TrainingConfig
    joints: TrainingConfig


def load_recipe(path: Path) -> Recipe:
    """Read a YAML file like config/training.yaml.

    Raises:
        ConfigError: A name or a value in it is not legal.
    """
    try:
        given = yaml.safe_load(path.read_text()) or {}
        networks = {f.name: given.pop(f.name, {}) for f in fields(Networks)}
    except (OSError, yaml.YAMLError, AttributeError, TypeError) as error:
        raise ConfigError(f"{path}: not a recipe ({error})") from None
    legal = {f.name for f in fields(Amounts)}
    if unknown := sorted(given.keys() - legal):
        raise ConfigError(f"{path}: unknown {unknown[0]!r}; there are: {', '.join(sorted(legal))}")
    try:
        return Recipe(
            Amounts(**given), **{n: TrainingConfig(**(v or {})) for n, v in networks.items()}
        )
    except TypeError as error:
        raise ConfigError(f"{path}: {error}") from None


@dataclass(frozen=True)
class Training:
    """One run of the recipe, in `folder`.

    Attributes:
        recipe: What to do.
        songs: To learn from.
        held_out: What must not be among them.
        body: Embodiment.
        folder: Of everything that is made.
        processes: How many songs at once.
        progress: Told how it goes.
    """

    recipe: Recipe
    songs: Sequence[Score]
    held_out: HeldOut
    body: str
    folder: Path
    processes: int
    progress: Progress

    def run(self) -> Path:
        """Do what has not been done, and return the last round's checkpoint."""
        self._claim()
        path = self._round(0, None)
        for number in range(1, self.recipe.amounts.corrections + 1):
            path = self._round(number, load_checkpoint(path).networks)
        return path

    def _claim(self) -> None:
        """Refuse a folder whose contents were made from something else.

        Raises:
            ConfigError: They were.
        """
        about = {
            "recipe": asdict(self.recipe),
            "embodiment": self.body,
            "songs": sorted(song.sha256 for song in self.songs),
            "held_out": sorted(self.held_out.fingerprints),
        }
        path = self.folder / "run.json"
        if not path.exists():
            path.write_text(json.dumps(about, indent=1) + "\n")
        kept = json.loads(path.read_text())
        if changed := [name for name in about if about[name] != kept.get(name)]:
            raise ConfigError(f"{self.folder}: begun with another {changed[0]}; use a new one")

    def _round(self, number: int, student: Networks | None) -> Path:
        """Show or correct, then train on all there is; return the checkpoint."""
        path = self.folder / f"round_{number}" / f"generalist_{self.body}.safetensors"
        if path.exists():
            return path
        self._show(number, student)
        self._teach_fingers(number, student)
        save_checkpoint(self._fit(number, path.parent), path)
        return path

    def _varied(self, number: int, rounds: int, most: int | None) -> list[Score]:
        seed = self.recipe.amounts.seed + number
        skip = len(self.songs) if number else 0  # the songs as they are were shown at first
        songs = curriculum(self.songs, rounds, seed)
        return list(islice(songs, skip, None if most is None else skip + most))

    def _show(self, number: int, student: Networks | None) -> None:
        amounts = self.recipe.amounts
        many = math.ceil(amounts.corrected_songs / len(self.songs))
        rounds = many if number else amounts.demonstration_rounds
        most = amounts.corrected_songs if number else None
        songs = self._varied(number, rounds, most)
        with self.progress("corrections" if number else "demonstrations", len(songs)) as bar:

            def advance(_: str) -> None:
                bar.update(1)

            generate(
                songs,
                self.held_out,
                self.body,
                amounts.seed + number,
                self.folder / f"episodes_{number}",
                self.processes,
                advance,
                student,
            )

    def _teach_fingers(self, number: int, student: Networks | None) -> None:
        path = self.folder / f"fingers_{number}.npz"
        if path.exists():
            return
        songs = self._varied(number, self.recipe.amounts.lesson_rounds if number == 0 else 1, None)
        todo = [(song, student.fingers if student else None) for song in songs]
        os.environ |= ONE_THREAD  # read by the processes' numpy
        pairs = []
        with (
            self.progress("fingers", len(songs)) as bar,
            get_context("spawn").Pool(self.processes) as pool,
        ):
            for found in pool.imap(_finger_lesson, todo, chunksize=4):
                pairs.append(found)
                bar.update(1)
        all_pairs = Pairs.joined(pairs)
        part = path.with_suffix(".part.npz")
        np.savez(part, inputs=all_pairs.inputs, answers=all_pairs.answers)
        part.replace(path)

    def _fit(self, number: int, folder: Path) -> Checkpoint:
        frame = HandFrame(HandsModel.of(load_model(embodiment(self.body))))
        files = [
            file
            for i in range(number + 1)
            for file in sorted((self.folder / f"episodes_{i}").glob("*.parquet"))
        ]
        shown = [load_episode(file) for file in files]
        lessons = Pairs.joined(
            load_lessons(self.folder / f"fingers_{i}.npz") for i in reversed(range(number + 1))
        )
        trained: dict[str, Mlp] = {}
        probes = {}

        def train(name: str, pairs: Pairs, loss: Loss) -> None:
            config: TrainingConfig = getattr(self.recipe, name)
            config = replace(config, seed=config.seed + self.recipe.amounts.seed)
            with self.progress(f"round {number}, {name}", config.steps) as bar:
                at = [0]

                def report(step: int, validation: float) -> None:
                    bar.update(step - at[0])
                    at[0] = step
                    bar.set_postfix_str(f"loss {validation:.4f}")

                torch.manual_seed(config.seed)
                body = mlp(*sizes(frame)[name], config.width, config.depth)
                network = Standardised(pairs.inputs, body, loss)
                network = fit(network, pairs, config, folder / name, report)
            trained[name] = to_numpy(network)
            probes[name] = _probe(network, pairs)

        train("fingers", lessons, loss_of_fingers)
        train("fingertips", Pairs.joined(fingertip_pairs(e, frame) for e in shown), loss_of_way)
        rng = np.random.default_rng(self.recipe.amounts.seed)
        led = [joint_pairs(e, frame, trained["fingertips"], rng) for e in shown]
        train("joints", Pairs.joined(led), loss_of_way)
        card = PolicyCard(
            embodiment=self.body,
            coordinates=frame.names,
            made_with={
                "recipe": asdict(self.recipe),
                "round": number,
                "device": "cuda" if torch.cuda.is_available() else "cpu",
                "versions": {n: version(n) for n in ("torch", "numpy", "mujoco", "robopianist")},
            },
            data={
                "songs": len(self.songs),
                "episodes": len(files),
                "steps": sum(len(e.pose) for e in shown),
                "notes_with_fingers": lessons.rows,
                "sha256": hashlib.sha256(" ".join(f.stem for f in files).encode()).hexdigest(),
                "held_out": sorted(print_[:16] for print_ in self.held_out.fingerprints),
            },
        )
        return Checkpoint(Networks(**trained), card, probes)


def _finger_lesson(todo: tuple[Score, Mlp | None]) -> Pairs:
    score, student = todo
    return taught(score) if student is None else corrected(score, student)


def load_lessons(path: Path) -> Pairs:
    """Read the fingers of a round."""
    with np.load(path) as file:
        return Pairs.even(file["inputs"], file["answers"])


def _probe(
    network: Standardised, pairs: Pairs
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    seen = pairs.inputs[:_PROBES]
    with torch.no_grad():
        return seen, np.asarray(network(torch.from_numpy(seen)).numpy())
