"""Iterative learning: play the song, change what went wrong, keep what helped, and again.

Errors are local in time, so one rollout tries a change in every stretch of the song at once, and
each stretch keeps or drops its own. Two kinds of change are tried: the plain learning law, targets
moved by a share of the joints' last errors, and nudges of one fingertip against one wrong key.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.config import Config, parameter
from pianomime.planning.performance_plan import PerformancePlan
from pianomime.planning.rollout import Rollout, roll_out
from pianomime.refinement.nudges import Nudger
from pianomime.score.goals import KeyGoals
from pianomime.score.score import Score
from pianomime.simulation.simulation import PianoSimulation

Array = NDArray[np.float64]

_CHECK_EVERY: Final = 8
"""Each so many rollouts nothing new is tried: do the changes that were kept go together?"""

_FADE: Final = 4
"""Control steps over which a learnt change comes and goes at the ends of its stretch."""


@dataclass(frozen=True, kw_only=True)
class IterativeLearningConfig(Config):
    """How long to learn, and how boldly."""

    rollouts: int = parameter(100, "Times the song is played", ge=1, le=100_000)
    heat: int = parameter(20, "Of them for each plan to start from, until one goes on", ge=1)
    stretch: int = parameter(24, "Control steps that keep or drop a change together", ge=4)
    after: int = parameter(6, "Further steps in which a change must not do harm", ge=0)
    gain: float = parameter(0.5, "Share of the joints' errors added to their targets", ge=0.0, le=1)
    learning_share: float = parameter(0.25, "Share of changes by the learning law", ge=0.0, le=1.0)
    seed: int = parameter(0, "Of the random changes", ge=0)


@dataclass(frozen=True)
class Learned:
    """What iterative learning came to.

    Attributes:
        score: With the fingers that play it.
        plan: The best plan played.
        f1: Its F1.
        history: Best F1 after each rollout; the first is the first start's.
    """

    score: Score
    plan: PerformancePlan
    f1: float
    history: list[float]


def learn(
    starts: Sequence[tuple[Score, PerformancePlan]],
    goals: KeyGoals,
    simulation: PianoSimulation,
    config: IterativeLearningConfig | None = None,
    progress: Callable[[float], bool] = lambda _: True,
) -> Learned:
    """Improve a plan of one song by rollouts: a few for each start, the others for the best.

    Args:
        starts: Fingered scores and their plans.
        goals: The score on the grid.
        simulation: To play in.
        config: How.
        progress: Told the best F1 after each rollout; learning ends when it returns False.
    """
    config = config or IterativeLearningConfig()
    learners = [_Learner(score, plan, goals, simulation, config) for score, plan in starts]
    best, history = learners[0], []
    for count in range(config.rollouts):
        turn, heat = count % len(learners), count // len(learners) < config.heat
        (learners[turn] if heat else best).practise()
        best = max(learners, key=lambda learner: learner.f1)
        history.append(best.f1)
        if best.f1 == 1.0 or not progress(best.f1):
            break
    return Learned(best.score, best.best, best.f1, history)


class _Learner:
    """One plan of a song, bettered from rollout to rollout.

    Attributes:
        score: With fingers.
        best: The best plan played.
        f1: Its F1; 0 before the first rollout.
    """

    def __init__(
        self,
        score: Score,
        plan: PerformancePlan,
        goals: KeyGoals,
        simulation: PianoSimulation,
        config: IterativeLearningConfig,
    ) -> None:
        self.score, self.best, self.f1 = score, plan, 0.0
        self._goals, self._simulation, self._config = goals, simulation, config
        self._rng = np.random.default_rng(config.seed)
        self._nudger = Nudger(score, goals, simulation.hands)
        self._plan = plan  # with all changes that were kept
        self._kept: Rollout | None = None  # stitched together from the rollouts that were kept
        self._f1_per_step = np.zeros(len(goals.keys))
        self._count = 0

    def practise(self) -> None:
        """Play the song once, with something new in each stretch, and keep what helped."""
        changes = [] if self._kept is None else self._changes(self._kept)
        tried = self._plan.changed([(change.rows, change.by) for change in changes])
        steps = len(self._goals.keys)
        rollout = roll_out(tried.command, tried.lead, steps, self._simulation)
        new = rollout.f1_per_step(self._goals)
        if new.mean() > self.f1:
            self.best, self.f1 = tried, float(new.mean())
        if self._kept is None or not changes:
            self._kept, self._f1_per_step = rollout, new
        good = [change for change in changes if change.helps(self._f1_per_step, new, self._config)]
        self._plan = self._plan.changed([(change.rows, change.by) for change in good])
        for change in good:
            here = slice(max(change.start, 0), change.start + self._config.stretch)
            self._f1_per_step[here] = new[here]
            self._kept.adopt(rollout, here.start, here.stop)
        self._count += 1

    def _changes(self, kept: Rollout) -> list["_Change"]:
        """Return what to try next; now and then nothing."""
        if self._count % _CHECK_EVERY == 0:
            return []
        stretch, steps = self._config.stretch, len(self._goals.keys)
        offset = int(self._rng.integers(stretch))
        tries = (self._change(start, kept) for start in range(offset - stretch, steps, stretch))
        return [change for change in tries if change is not None]

    def _change(self, start: int, kept: Rollout) -> "_Change | None":
        """Return something to try in the stretch from `start` on; None if nothing is wrong."""
        config, plan = self._config, self._plan
        end = start + config.stretch
        nudge = self._nudger.propose(kept, max(start, 0), end, self._rng)
        if nudge is None:
            return None
        if self._rng.uniform() >= config.learning_share:
            return _Change(start, *self._nudger.targets(plan, nudge))
        rows = slice(max(plan.lead + start, 0), min(plan.lead + end, len(kept.active)))
        error = plan.position[1:][rows] - kept.position[1:][rows]
        fade = np.minimum(1.0, np.arange(1, len(error) + 1) / _FADE)
        fade = np.minimum(fade, fade[::-1])[:, None]
        return _Change(start, rows, config.gain * fade * error)


@dataclass(frozen=True)
class _Change:
    """A change of the targets that one stretch of the song tries."""

    start: int  # step of the score at which the stretch begins
    rows: slice  # of the plan's targets
    by: Array

    def helps(self, before: Array, after: Array, config: IterativeLearningConfig) -> bool:
        """Return whether the stretch went better and what follows not worse."""
        here = slice(max(self.start, 0), self.start + config.stretch + config.after)
        return bool(after[here].sum() > before[here].sum())
