"""Every way to play a score that can be compared, by name: each gives a rollout and its cost."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pianomime.fingering.fingering import assign_fingers
from pianomime.planning.performance_plan import PerformancePlan, plan_performance
from pianomime.planning.rollout import Rollout, roll_out
from pianomime.refinement.iterative_learning import IterativeLearningConfig, learn
from pianomime.score.goals import KeyGoals, key_goals
from pianomime.score.score import Score
from pianomime.simulation.model import CONTROL_DT_S
from pianomime.simulation.simulation import PianoSimulation

LEAD: Final = round(1.0 / CONTROL_DT_S)
TAIL: Final = round(0.5 / CONTROL_DT_S)


@dataclass(frozen=True)
class Played:
    """What a player did.

    Attributes:
        rollout: The performance.
        dropped: Notes that no finger could play.
        preparation_s: Time spent before the performance, in this process [s].
    """

    rollout: Rollout
    dropped: int
    preparation_s: float


Player = Callable[[Score, KeyGoals, PianoSimulation, int], Played]


def planned(score: Score, simulation: PianoSimulation) -> tuple[Score, PerformancePlan]:
    """Return the fingered score and the plan of the whole song."""
    fingered = assign_fingers(score, key_goals(score, CONTROL_DT_S), CONTROL_DT_S)
    return fingered, plan_performance(fingered, simulation.hands, CONTROL_DT_S, LEAD, TAIL)


def play_planned(score: Score, goals: KeyGoals, simulation: PianoSimulation, _: int) -> Played:
    """Plan the whole song, and play it."""
    began_s = time.perf_counter()
    fingered, plan = planned(score, simulation)
    spent_s = time.perf_counter() - began_s
    return Played(roll_out(plan, len(goals.keys), simulation), _dropped(fingered), spent_s)


def play_learned(score: Score, goals: KeyGoals, simulation: PianoSimulation, seed: int) -> Played:
    """Plan the whole song, learn it by playing it, and play the best plan."""
    began_s = time.perf_counter()
    fingered, plan = planned(score, simulation)
    learned = learn(plan, fingered, goals, simulation, IterativeLearningConfig(seed=seed))
    spent_s = time.perf_counter() - began_s
    return Played(roll_out(learned.plan, len(goals.keys), simulation), _dropped(fingered), spent_s)


PLAYERS: Final[dict[str, Player]] = {"expert": play_planned, "learned": play_learned}


def _dropped(score: Score) -> int:
    return sum(note.finger < 0 for note in score.notes)
