"""From songs to a checkpoint: the teacher demonstrates, the student learns, plays, is corrected.

Every stage is a folder, and what is there is not done again: the same command goes on where it was
interrupted.
"""

import hashlib
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from pianomime.errors import ConfigError
from pianomime.hands.hand_spec import HandSpec
from pianomime.learning.finger_lessons import corrected, taught
from pianomime.learning.fit import Demonstrated, Fit, Progress
from pianomime.learning.generate import Demonstrations, generate
from pianomime.learning.pairs import Pairs, load_pairs, save_pairs
from pianomime.learning.recipe import Recipe
from pianomime.learning.songs import HeldOut, curriculum
from pianomime.policy.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from pianomime.policy.generalist import FINGERS
from pianomime.policy.networks.network import Network
from pianomime.score.score import Score
from pianomime.threads import ONE_THREAD
from pianomime.timing import Timing


@dataclass(frozen=True)
class Training:
    """One run of the recipe, in `folder`.

    Attributes:
        recipe: What to do.
        songs: To learn from.
        held_out: What must not be among them.
        hands: Description of the hands.
        folder: Of everything that is made.
        processes: How many songs at once.
        progress: Makes progress bars.
    """

    recipe: Recipe
    songs: Sequence[Score]
    held_out: HeldOut
    hands: HandSpec
    folder: Path
    processes: int
    progress: Progress

    def run(self) -> Path:
        """Do what has not been done, and return the last round's checkpoint."""
        self._claim()
        path = self._round(0, None)
        for number in range(1, self.recipe.amounts.corrections + 1):
            path = self._round(number, load_checkpoint(path))
        return path

    def _claim(self) -> None:
        """Refuse a folder whose contents were made from something else.

        Raises:
            ConfigError: They were.
        """
        about = {
            "recipe": self.recipe.as_dict(),
            "embodiment": self.hands.identity,
            "songs": sorted(song.sha256 for song in self.songs),
            "held_out": sorted(self.held_out.fingerprints),
        }
        path = self.folder / "run.json"
        if not path.exists():
            path.write_text(json.dumps(about, indent=1) + "\n")
        kept = json.loads(path.read_text())
        if changed := [name for name in about if about[name] != kept.get(name)]:
            names = " and ".join(changed)
            raise ConfigError(f"{self.folder}: begun with different {names}; use a new folder")

    def _round(self, number: int, student: Checkpoint | None) -> Path:
        """Demonstrate or correct, then train on all there is; return the checkpoint."""
        path = self.folder / f"round_{number}" / f"generalist_{self.hands.identity}.safetensors"
        if path.exists():
            return path
        self._demonstrate(number, student)
        self._teach_fingers(number, student)
        save_checkpoint(self._fit(number, path.parent), path)
        return path

    def _varied(self, number: int, rounds: int, most: int | None) -> list[Score]:
        seed = self.recipe.amounts.seed + number
        skip = len(self.songs) if number else 0  # unchanged songs were demonstrated at first
        songs = curriculum(self.songs, rounds, seed)
        return list(islice(songs, skip, None if most is None else skip + most))

    def _demonstrate(self, number: int, student: Checkpoint | None) -> None:
        amounts = self.recipe.amounts
        many = math.ceil(amounts.corrected_songs / len(self.songs))
        rounds = many if number else amounts.demonstration_rounds
        most = amounts.corrected_songs if number else None
        songs = self._varied(number, rounds, most)
        how = Demonstrations(
            self.hands,
            self.recipe.timing,
            amounts.seed + number,
            self.folder / f"episodes_{number}",
            self.processes,
            student,
        )
        with self.progress("corrections" if number else "demonstrations", len(songs)) as bar:
            generate(songs, self.held_out, how, lambda _: bar.update(1))

    def _teach_fingers(self, number: int, student: Checkpoint | None) -> None:
        path = self.folder / f"fingers_{number}.npz"
        if path.exists():
            return
        songs = self._varied(number, self.recipe.amounts.lesson_rounds if number == 0 else 1, None)
        network = None if student is None else student.networks[FINGERS]
        todo = [(song, network, self.recipe.timing, self.hands) for song in songs]
        os.environ |= ONE_THREAD  # read by the processes' numpy
        pairs = []
        with (
            self.progress("fingers", len(songs)) as bar,
            get_context("spawn").Pool(self.processes) as pool,
        ):
            for found in pool.imap(_finger_lesson, todo, chunksize=4):
                pairs.append(found)
                bar.update(1)
        save_pairs(Pairs.joined(pairs), path)

    def _fit(self, number: int, folder: Path) -> Checkpoint:
        rounds = range(number + 1)
        files = [
            file
            for i in rounds
            for file in sorted((self.folder / f"episodes_{i}").glob("*.parquet"))
        ]
        lessons = [load_pairs(self.folder / f"fingers_{i}.npz") for i in reversed(rounds)]
        data = {
            "round": number,
            "songs": len(self.songs),
            "sha256": hashlib.sha256(" ".join(f.stem for f in files).encode()).hexdigest(),
            "held_out": sorted(print_[:16] for print_ in self.held_out.fingerprints),
        }
        demonstrated = Demonstrated(files, Pairs.joined(lessons), data)
        fit = Fit(self.recipe, self.hands, folder, f"round {number}", self.progress)
        return fit.run(demonstrated)


def _finger_lesson(todo: tuple[Score, Network | None, Timing, HandSpec]) -> Pairs:
    score, student, timing, hands = todo
    if student is None:
        return taught(score, timing, hands)
    return corrected(score, student, timing, hands)
