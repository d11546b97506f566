"""Iterative learning: practise a song, stretch by stretch, from the plans that there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pianomime.config import parameter
from pianomime.planning.performance_plan import PerformancePlan
from pianomime.refinement.practice import Practice, PracticeConfig
from pianomime.score.score import Score
from pianomime.simulation.simulator import Simulator


@dataclass(frozen=True, kw_only=True)
class IterativeLearningConfig(PracticeConfig):
    """How long to learn, and how."""

    rollouts: int = parameter(100, "Lengths of the song to simulate in all", ge=1, le=100_000)
    heat: int = parameter(15, "Of them for each plan to start from, until one goes on", ge=1)


@dataclass(frozen=True)
class LearningResult:
    """Result of iterative learning.

    Attributes:
        score: With the fingers that play it.
        plan: The best plan played.
        f1: Its F1.
        history: Best F1 after each length of the song; the first is the first start's.
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
    """Improve a plan of one song by practice: a little for each start, then for the best.

    Args:
        starts: Fingered scores and their plans.
        simulators: To play in; with several, as many changes are tried side by side.
        config: How.
        progress: Told the best F1 after each length of the song; learning ends when it returns
            False.
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
        while going and steps >= (len(history) + 1) * best.length:  # several, if it is very short
            history.append(best.f1)
            going = progress(best.f1)
    best.finish()
    return LearningResult(best.score, best.best, best.f1, history)
