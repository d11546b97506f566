"""Preparations of the project's controllers for `pianomime bench`; the table names them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pianomime.fingering.fingering import assign_fingers, dropped_notes
from pianomime.planning.online_planner import OnlinePlanner
from pianomime.planning.performance_plan import LEAD_IN_S, PerformancePlan, plan_performance
from pianomime.planning.played_plan import online_act, plan_by_playing
from pianomime.planning.rollout import Rollout, roll_out
from pianomime.policy.checkpoint import Checkpoint, load_checkpoint
from pianomime.policy.player import policy_act
from pianomime.policy.registry import make_policy
from pianomime.refinement.iterative_learning import IterativeLearningConfig, learn
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Score
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import ROBOPIANIST_TIMING, Timing


@dataclass(frozen=True)
class Player:
    """A controller that has prepared itself for one song.

    Attributes:
        perform: Plays it.
        dropped: Notes that no finger can play; None where fingers are chosen while playing.
    """

    perform: Callable[[], Rollout]
    dropped: list[str] | None


@dataclass(frozen=True)
class Options:
    """What some controllers want to know.

    Attributes:
        seed: Of their random numbers.
        checkpoint: File of the policy.
        rollouts: How long to learn, in lengths of the song.
        timing: Of decisions and targets.
    """

    seed: int = 0
    checkpoint: str = ""
    rollouts: int = IterativeLearningConfig.rollouts
    timing: Timing = ROBOPIANIST_TIMING


Prepare = Callable[[Score, PianoSimulation, Options], Player]


def planned(score: Score, simulation: PianoSimulation) -> tuple[Score, PerformancePlan]:
    """Return the fingered score and the plan of the whole song."""
    fingered = assign_fingers(score, simulation.timing, simulation.hands.spec)
    return fingered, plan_performance(fingered, simulation.hands, simulation.timing)


def starts(score: Score, simulation: PianoSimulation) -> list[tuple[Score, PerformancePlan]]:
    """Return what to learn a song from: planned whole, and planned while playing."""
    return [planned(score, simulation), plan_by_playing(score, simulation)]


def expert(score: Score, simulation: PianoSimulation, _: Options) -> Player:
    """Plan the whole song."""
    fingered, plan = planned(score, simulation)
    return of_plan(plan, fingered, simulation)


def learned(score: Score, simulation: PianoSimulation, options: Options) -> Player:
    """Plan the song, and learn it by playing it."""
    config = IterativeLearningConfig(rollouts=options.rollouts, seed=options.seed)
    practised = learn(starts(score, simulation), [simulation], config)
    return of_plan(practised.plan, practised.score, simulation)


def planner(score: Score, simulation: PianoSimulation, _: Options) -> Player:
    """Prepare nothing: plan online, with a second of lookahead."""
    goals = ScoreGoals.of(score, simulation.timing)
    act = online_act(OnlinePlanner(simulation.hands, simulation.timing), goals)
    return Player(lambda: roll_out(act, LEAD_IN_S, goals.steps, simulation), None)


def policy(score: Score, simulation: PianoSimulation, options: Options) -> Player:
    """Prepare nothing: let the networks play."""
    made = make_policy(_checkpoint(options.checkpoint), simulation.hands, simulation.timing)
    goals = ScoreGoals.of(score, simulation.timing)

    def perform() -> Rollout:
        return roll_out(policy_act(made, goals, simulation), LEAD_IN_S, goals.steps, simulation)

    return Player(perform, None)


@cache
def _checkpoint(path: str) -> Checkpoint:
    return load_checkpoint(Path(path))


def of_plan(plan: PerformancePlan, fingered: Score, simulation: PianoSimulation) -> Player:
    """Return the player of a plan of a fingered score."""
    steps = ScoreGoals.of(fingered, plan.timing).steps
    return Player(
        lambda: roll_out(plan.command, plan.lead_in_s, steps, simulation), dropped_notes(fingered)
    )
