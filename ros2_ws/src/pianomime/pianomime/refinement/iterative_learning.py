"""Iterative learning of a song from one or more initial plans."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pianomime.config import parameter
from pianomime.planning.performance_plan import PerformancePlan
from pianomime.refinement.objective import Quality
from pianomime.refinement.practice import Practice, PracticeConfig
from pianomime.score.score import Score
from pianomime.simulation.simulator import Simulator


@dataclass(frozen=True, kw_only=True)
class IterativeLearningConfig(PracticeConfig):
    """Budget and settings of iterative learning."""

    rollouts: int = parameter(100, "Total simulated time, in lengths of the song", ge=1, le=100_000)
    heat: int = parameter(
        12, "Budget of each initial plan before the best is selected, in lengths of the song", ge=1
    )


@dataclass(frozen=True)
class LearningResult:
    """Result of iterative learning.

    Attributes:
        score: Score with the fingers of the best plan.
        plan: Best plan that was played.
        quality: Quality of this plan.
        history: Quality of the best plan after each length of the song, beginning with the first
            initial plan's.
    """

    score: Score
    plan: PerformancePlan
    quality: Quality
    history: list[Quality]


def learn(
    starts: Sequence[tuple[Score, PerformancePlan]],
    simulators: Sequence[Simulator],
    config: IterativeLearningConfig | None = None,
    progress: Callable[[Quality], bool] = lambda _: True,
) -> LearningResult:
    """Improve the plan of a song by practice: first each initial plan, then the best one.

    Args:
        starts: Fingered scores and their initial plans.
        simulators: Simulators; as many changes are tried in parallel.
        config: Settings.
        progress: Called with the best quality after each length of the song; returning False ends
            the learning.
    """
    config = config or IterativeLearningConfig()
    learners: list[Practice] = []
    history: list[Quality] = []
    going = True
    for score, plan in starts:
        learners.append(Practice(score, plan, simulators, config))
        best = max(learners, key=_value)
        history.append(best.quality)
        going = progress(best.quality) and going
    while going and best.quality.value < 1.0 and len(history) < config.rollouts:
        heat = len(history) < config.heat * len(learners)
        turn = min(learners, key=lambda learner: learner.steps) if heat else best
        turn.go_on()
        best = max(learners, key=_value)
        steps = sum(learner.steps for learner in learners)
        while (
            going and steps >= (len(history) + 1) * best.length
        ):  # several lengths if the song is short
            history.append(best.quality)
            going = progress(best.quality)
    best.finish()
    return LearningResult(best.score, best.best, best.quality, history)


def _value(learner: Practice) -> float:
    return learner.quality.value
