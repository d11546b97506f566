"""Generate demonstrations of many songs, in several processes."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np

from pianomime.fingering.fingering import assign_fingers
from pianomime.hands.embodiment import embodiment
from pianomime.hands.fingers import PIANISTS_PER_HAND, UNASSIGNED
from pianomime.hands.hand_spec import HandSpec
from pianomime.learning.episode import save_episode
from pianomime.learning.songs import HeldOut
from pianomime.learning.teacher import Disturbance, Lesson, demonstrate
from pianomime.planning.performance_plan import plan_performance
from pianomime.policy.checkpoint import Checkpoint
from pianomime.policy.finger_memory import fingered
from pianomime.policy.generalist import FINGERS
from pianomime.policy.hand_frame import HandFrame
from pianomime.policy.player import policy_act
from pianomime.policy.registry import make_policy
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Score
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import PianoSimulation, SimulationDivergedError
from pianomime.threads import ONE_THREAD
from pianomime.timing import Timing

_MAX_S: Final = 60.0
"""Longer songs are cut: what comes later is much the same."""

_ODD_SONGS: Final = 0.3
_ODD_NOTES: Final = 0.08
"""Share of songs in which some notes get a random finger, and share of those notes. The student
assigns such fingers too, and has to be able to play on."""


@dataclass(frozen=True)
class Demonstrations:
    """How songs are demonstrated.

    Attributes:
        hands: Description of the hands.
        timing: Of the decisions.
        seed: Of fingers and disturbances.
        folder: Of the episodes.
        processes: How many songs at once; each takes one core.
        student: The generalist that plays while the teacher corrects; None: the teacher plays.
    """

    hands: HandSpec
    timing: Timing
    seed: int
    folder: Path
    processes: int
    student: Checkpoint | None = None

    def path(self, score: Score) -> Path:
        """Return the file of a score's episode."""
        name = f"{score.sha256} {self.hands.identity} {self.seed}"
        return self.folder / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.parquet"


def generate(
    scores: Sequence[Score],
    held_out: HeldOut,
    how: Demonstrations,
    progress: Callable[[str], object],
) -> None:
    """Demonstrate every score once, unless its episode exists.

    A score on which the physics diverge is left out.

    Args:
        scores: What to demonstrate.
        held_out: What must not be among them.
        how: Seeds, folder and student.
        progress: Called for each that is made, with its title.

    Raises:
        ScoreError: A score is held out.
    """
    how.folder.mkdir(parents=True, exist_ok=True)
    tasks: dict[Path, Score] = {}
    for score in scores:
        held_out.check(score)
        short = score.until(_MAX_S) if score.duration_s > _MAX_S else score
        tasks.setdefault(how.path(short), short)
    todo = [(score, how) for path, score in tasks.items() if not path.exists()]
    for _ in range(len(tasks) - len(todo)):
        progress("already made")
    os.environ |= ONE_THREAD  # read by the processes' numpy
    with get_context("spawn").Pool(how.processes) as pool:
        for title in pool.imap_unordered(_show, todo):
            progress(title)


def _show(task: tuple[Score, Demonstrations]) -> str:
    score, how = task
    path = how.path(score)
    simulation, frame = _stage(how.hands.reference, how.timing)
    rng = np.random.default_rng((how.seed, int(path.stem, 16)))
    drive = None
    if how.student is None:
        scale = float(rng.choice((0.0, 0.5, 1.0, 2.0), p=(0.15, 0.25, 0.4, 0.2)))
        score = _with_odd_fingers(score, how.timing, simulation.hands.spec, rng)
    else:
        scale = float(rng.choice((0.0, 0.5), p=(0.6, 0.4)))
        student = make_policy(how.student, simulation.hands, how.timing)
        drive = policy_act(student, ScoreGoals.of(score, how.timing), simulation)
        score = fingered(score, how.timing, how.student.networks[FINGERS], frame.layout)
    plan = plan_performance(score, simulation.hands, how.timing)
    lesson = Lesson(score, plan, how.hands.identity)
    try:
        episode = demonstrate(lesson, simulation, frame, Disturbance(scale, rng), drive)
    except SimulationDivergedError as error:
        return f"{score.title}: {error}"
    save_episode(episode, path)
    return score.title


def _with_odd_fingers(
    score: Score, timing: Timing, spec: HandSpec, rng: np.random.Generator
) -> Score:
    """Return the score with the teacher's fingers, some of them odd."""
    given = np.full(len(score.notes), UNASSIGNED)
    if rng.random() < _ODD_SONGS:
        best = np.array([note.finger for note in assign_fingers(score, timing, spec).notes])
        odd = (rng.random(len(given)) < _ODD_NOTES) & (best >= 0)
        hand, place = np.divmod(best, spec.layout.per_hand)
        near = np.clip(place + rng.choice((-1, 1), len(best)), 0, spec.layout.per_hand - 1)
        given[odd] = (near + hand * PIANISTS_PER_HAND)[odd]
    return assign_fingers(score.with_fingers(given.tolist()), timing, spec)


@cache
def _stage(reference: str, timing: Timing) -> tuple[PianoSimulation, HandFrame]:
    simulation = PianoSimulation(load_model(embodiment(reference)), timing)
    return simulation, HandFrame(simulation.hands)
