"""Iterative learning: play the song, change what went wrong, keep what helped, and again.

Errors are local in time, so one rollout tries a change in every stretch of the song at once, and
each stretch keeps or drops its own. Two kinds of change are tried: the plain learning law, targets
moved by a share of the joints' last errors, and nudges of one fingertip against one wrong key.
"""

from collections.abc import Callable
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

    rollouts: int = parameter(60, "Times the song is played", ge=1, le=100_000)
    stretch: int = parameter(24, "Control steps that keep or drop a change together", ge=4)
    after: int = parameter(6, "Further steps in which a change must not do harm", ge=0)
    gain: float = parameter(0.5, "Share of the joints' errors added to their targets", ge=0.0, le=1)
    learning_share: float = parameter(0.25, "Share of changes by the learning law", ge=0.0, le=1.0)
    seed: int = parameter(0, "Of the random changes", ge=0)


@dataclass(frozen=True)
class Learned:
    """What iterative learning came to.

    Attributes:
        plan: The best plan played.
        f1: Its F1.
        history: Best F1 after each rollout; the first is the plan's as it was.
    """

    plan: PerformancePlan
    f1: float
    history: list[float]


def learn(
    plan: PerformancePlan,
    score: Score,
    goals: KeyGoals,
    simulation: PianoSimulation,
    config: IterativeLearningConfig | None = None,
    progress: Callable[[float], bool] = lambda _: True,
) -> Learned:
    """Improve the plan of one song by rollouts.

    Args:
        plan: Where to start.
        score: With fingers.
        goals: The score on the grid.
        simulation: To play in.
        config: How.
        progress: Told the best F1 after each rollout; learning ends when it returns False.
    """
    config = config or IterativeLearningConfig()
    rng = np.random.default_rng(config.seed)
    nudger = Nudger(score, goals, simulation.hands)
    steps = len(goals.keys)
    kept = roll_out(
        plan.command, plan.lead, steps, simulation
    )  # stitched together from the rollouts that were kept
    f1 = kept.f1_per_step(goals)
    best = Learned(plan, float(f1.mean()), [float(f1.mean())])
    for count in range(1, config.rollouts):
        if not progress(best.f1) or best.f1 == 1.0:
            break
        changes: list[_Change] = []
        if count % _CHECK_EVERY:
            offset = int(rng.integers(config.stretch))
            for start in range(offset - config.stretch, steps, config.stretch):
                change = _change(start, plan, kept, nudger, rng, config)
                if change is not None:
                    changes.append(change)
        tried = plan.changed([(change.rows, change.by) for change in changes])
        rollout = roll_out(tried.command, tried.lead, steps, simulation)
        new = rollout.f1_per_step(goals)
        if new.mean() > best.f1:
            best = Learned(tried, float(new.mean()), best.history)
        if not changes:
            kept, f1 = rollout, new
        good = [change for change in changes if change.helps(f1, new, config)]
        plan = plan.changed([(change.rows, change.by) for change in good])
        for change in good:
            here = slice(max(change.start, 0), change.start + config.stretch)
            f1[here] = new[here]
            kept.adopt(rollout, here.start, here.stop)
        best.history.append(best.f1)
    return best


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


def _change(
    start: int,
    plan: PerformancePlan,
    kept: Rollout,
    nudger: Nudger,
    rng: np.random.Generator,
    config: IterativeLearningConfig,
) -> _Change | None:
    """Return something to try in the stretch from `start` on; None if nothing is wrong there."""
    end = start + config.stretch
    nudge = nudger.propose(kept, max(start, 0), end, rng)
    if nudge is None:
        return None
    if rng.uniform() >= config.learning_share:
        return _Change(start, *nudger.targets(plan, nudge))
    rows = slice(max(plan.lead + start, 0), min(plan.lead + end, len(kept.active)))
    error = plan.position[1:][rows] - kept.position[1:][rows]
    fade = np.minimum(1.0, np.arange(1, len(error) + 1) / _FADE)
    fade = np.minimum(fade, fade[::-1])[:, None]
    return _Change(start, rows, config.gain * fade * error)
