"""Iterative learning of a song from one or more initial plans."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pianomime.config import parameter
from pianomime.planning.performance_plan import PerformancePlan
from pianomime.refinement.practice import Practice, PracticeConfig
from pianomime.score.score import Score
from pianomime.simulation.simulator import Simulator


@dataclass(frozen=True, kw_only=True)
class IterativeLearningConfig(PracticeConfig):
    """Budget and settings of iterative learning."""

    rollouts: int = parameter(100, "Total simulated time, in lengths of the song", ge=1, le=100_000)
    heat: int = parameter(
        15, "Budget of each initial plan before the best is selected, in lengths of the song", ge=1
    )


@dataclass(frozen=True)
class LearningResult:
    """Result of iterative learning.

    Attributes:
        score: Score with the fingers of the best plan.
        plan: Best plan that was played.
        f1: F1 of this plan.
        history: Best F1 after each length of the song, beginning with the first initial plan's.
    """

    score: Score
    plan: PerformancePlan
    f1: float
    history: list[float]


def learn(
    starts: Sequence[tuple[Score, PerformancePlan]],
    simulators: Sequence[Simulator],
    config: IterativeLearningConfig | None = None,
    progress: Callable[[float], bool] = lambda _: True,
) -> LearningResult:
    """Improve the plan of a song by practice: first each initial plan, then the best one.

    Args:
        starts: Fingered scores and their initial plans.
        simulators: Simulators; as many changes are tried in parallel.
        config: Settings.
        progress: Called with the best F1 after each length of the song; returning False ends
            the learning.
    """
    config = config or IterativeLearningConfig()
    learners: list[Practice] = []
    history: list[float] = []
    going = True
    for score, plan in starts:
        learners.append(Practice(score, plan, simulators, config))
        history.append(max(learner.f1 for learner in learners))
        going = progress(history[-1]) and going
    best = max(learners, key=lambda learner: learner.f1)
    while going and best.f1 < 1.0 and len(history) < config.rollouts:
        heat = len(history) < config.heat * len(learners)
        turn = min(learners, key=lambda learner: learner.steps) if heat else best
        turn.go_on()
        best = max(learners, key=lambda learner: learner.f1)
        steps = sum(learner.steps for learner in learners)
        while (
            going and steps >= (len(history) + 1) * best.length
        ):  # several lengths if the song is short
            history.append(best.f1)
            going = progress(best.f1)
    best.finish()
    return LearningResult(best.score, best.best, best.f1, history)
