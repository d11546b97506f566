"""Have the teacher show many songs, in several processes, and keep each as it comes."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pianomime.evaluation.players import LEAD, TAIL, planned
from pianomime.fingering.fingering import assign_fingers
from pianomime.hands.embodiment import embodiment
from pianomime.learning.episode import save_episode
from pianomime.learning.songs import HeldOut
from pianomime.learning.teacher import DisturbanceConfig, Drive, Lesson, demonstrate
from pianomime.planning.performance_plan import plan_performance
from pianomime.policy.finger_choice import WINDOW_STEPS
from pianomime.policy.generalist import Generalist, Networks, fingered
from pianomime.policy.hand_frame import HandFrame
from pianomime.score.goals import KeyGoals, key_goals
from pianomime.score.score import Score
from pianomime.simulation.model import CONTROL_DT_S, load_model
from pianomime.simulation.simulation import PianoSimulation, SimulationDivergedError
from pianomime.threads import ONE_THREAD

Array = NDArray[np.float64]

_MOST_S = 60.0
"""Longer songs are cut: what comes later is much the same."""

_ODD_SONGS = 0.3
_ODD_NOTES = 0.08
"""Share of songs in which some notes get a finger by chance, and of notes there: the student will
choose such fingers too, and has to know how to play on."""


@dataclass(frozen=True)
class _Task:
    score: Score
    seed: int
    embodiment: str
    path: Path
    student: Networks | None


def generate(
    scores: Sequence[Score],
    held_out: HeldOut,
    body: str,
    seed: int,
    folder: Path,
    processes: int,
    progress: Callable[[str], None],
    student: Networks | None = None,
) -> None:
    """Show every score once, unless `folder` has it; one that the physics broke on is left out.

    Args:
        scores: What to show.
        held_out: What must not be among them.
        body: Embodiment.
        seed: Of fingers and disturbances.
        folder: Of the episodes.
        processes: How many at once; each takes one core.
        progress: Told of each that is there.
        student: Who plays while the teacher corrects; None: the teacher plays.

    Raises:
        ScoreError: A score is held out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tasks: dict[Path, _Task] = {}
    for score in scores:
        held_out.check(score)
        short = score.until(_MOST_S) if score.duration_s > _MOST_S else score
        name = hashlib.sha256(f"{short.sha256} {body} {seed}".encode()).hexdigest()[:16]
        path = folder / f"{name}.parquet"
        tasks.setdefault(path, _Task(short, seed, body, path, student))
    todo = [task for task in tasks.values() if not task.path.exists()]
    for _ in range(len(tasks) - len(todo)):
        progress("was there")
    os.environ |= ONE_THREAD  # read by the processes' numpy
    with get_context("spawn").Pool(processes) as pool:
        for told in pool.imap_unordered(_show, todo):
            progress(told)


def _show(task: _Task) -> str:
    simulation, frame = _body(task.embodiment)
    rng = np.random.default_rng((task.seed, int(task.path.stem, 16)))
    drive = None
    if task.student is None:
        scale = float(rng.choice((0.0, 0.5, 1.0, 2.0), p=(0.15, 0.25, 0.4, 0.2)))
        lesson = _make_lesson(task.score, simulation, rng)
    else:
        scale = float(rng.choice((0.0, 0.5), p=(0.6, 0.4)))
        goals = key_goals(task.score, CONTROL_DT_S)
        score = fingered(task.score, goals, task.student.fingers)
        plan = plan_performance(score, simulation.hands, CONTROL_DT_S, LEAD, TAIL)
        lesson = Lesson(score, goals, plan)
        drive = _drive(Generalist(simulation.hands, task.student), goals)
    try:
        episode = demonstrate(lesson, simulation, frame, rng, scale, DisturbanceConfig(), drive)
    except SimulationDivergedError as error:
        return f"{task.score.title}: {error}"
    save_episode(episode, task.path)
    return task.score.title


def _make_lesson(score: Score, simulation: PianoSimulation, rng: np.random.Generator) -> Lesson:
    """Choose fingers, some of them by chance, and plan."""
    goals = key_goals(score, CONTROL_DT_S)
    given = np.full(len(score.notes), -1)
    if rng.random() < _ODD_SONGS:
        best = np.array([n.finger for n in assign_fingers(score, goals, CONTROL_DT_S).notes])
        odd = (rng.random(len(given)) < _ODD_NOTES) & (best >= 0)
        near = np.clip(best % 5 + rng.choice((-1, 1), len(best)), 0, 4) + best // 5 * 5
        given[odd] = near[odd]
    taught, plan = planned(score.with_fingers(given.tolist()), simulation)
    return Lesson(taught, goals, plan)


def _drive(student: Generalist, goals: KeyGoals) -> Drive:
    def drive(step: int, measured: Array, keys: Array) -> Array:
        return student.step(step, goals.window(step, WINDOW_STEPS + 1)[0], measured, keys)

    return drive


@cache
def _body(name: str) -> tuple[PianoSimulation, HandFrame]:
    simulation = PianoSimulation(load_model(embodiment(name)))
    return simulation, HandFrame(simulation.hands)
