"""Preparations of the project's controllers for `pianomime bench`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pianomime.fingering.fingering import assign_fingers, dropped_notes
from pianomime.planning.follower import Follower
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
    """A controller prepared for one song.

    Attributes:
        perform: Function that plays the song.
        dropped: Notes without a free finger; None if fingers are chosen while playing.
    """

    perform: Callable[[], Rollout]
    dropped: list[str] | None


@dataclass(frozen=True)
class Options:
    """Options of controllers; each controller uses some of them.

    Attributes:
        seed: Random seed.
        checkpoint: Checkpoint file of the policy.
        rollouts: Budget of iterative learning, in lengths of the song.
        timing: Timing of decisions and commands.
    """

    seed: int = 0
    checkpoint: str = ""
    rollouts: int = IterativeLearningConfig.rollouts
    timing: Timing = ROBOPIANIST_TIMING


Prepare = Callable[[Score, PianoSimulation, Options], Player]


def planned(score: Score, simulation: PianoSimulation) -> tuple[Score, PerformancePlan]:
    """Assign fingers and plan the whole song."""
    fingered = assign_fingers(score, simulation.timing, simulation.hands.spec)
    return fingered, plan_performance(fingered, simulation.hands, simulation.timing)


def starts(score: Score, simulation: PianoSimulation) -> list[tuple[Score, PerformancePlan]]:
    """Return the initial plans of iterative learning: planned offline, and planned online."""
    return [planned(score, simulation), plan_by_playing(score, simulation)]


def expert(score: Score, simulation: PianoSimulation, _: Options) -> Player:
    """Prepare the expert: plan the whole song."""
    fingered, plan = planned(score, simulation)
    return of_plan(plan, fingered, simulation)


def learned(score: Score, simulation: PianoSimulation, options: Options) -> Player:
    """Prepare a learned performance: plan the song and improve the plan by iterative learning."""
    config = IterativeLearningConfig(rollouts=options.rollouts, seed=options.seed)
    practised = learn(starts(score, simulation), [simulation], config)
    return of_plan(practised.plan, practised.score, simulation)


def planner(score: Score, simulation: PianoSimulation, _: Options) -> Player:
    """Prepare the online planner, which plans while playing with 1 s of lookahead."""
    goals = ScoreGoals.of(score, simulation.timing)
    act = online_act(OnlinePlanner(simulation.hands, simulation.timing), score, goals)
    return Player(lambda: roll_out(act, LEAD_IN_S, goals.steps, simulation), None)


def policy(score: Score, simulation: PianoSimulation, options: Options) -> Player:
    """Prepare the policy: load its checkpoint."""
    made = make_policy(_checkpoint(options.checkpoint), simulation.hands, simulation.timing)
    goals = ScoreGoals.of(score, simulation.timing)

    def perform() -> Rollout:
        return roll_out(policy_act(made, goals, simulation), LEAD_IN_S, goals.steps, simulation)

    return Player(perform, None)


@cache
def _checkpoint(path: str) -> Checkpoint:
    return load_checkpoint(Path(path))


def of_plan(plan: PerformancePlan, fingered: Score, simulation: PianoSimulation) -> Player:
    """Return the player of a plan."""
    steps = ScoreGoals.of(fingered, plan.timing).steps
    act = Follower.of(plan, simulation.hands)
    return Player(lambda: roll_out(act, plan.lead_in_s, steps, simulation), dropped_notes(fingered))
