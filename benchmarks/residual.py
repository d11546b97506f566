"""What residual reinforcement learning adds, at the same wall time as more iterative learning.

Needs `tools/setup learning`.

python benchmarks/residual.py CLIPS.npz --clips 89,154 --minutes 4 > benchmarks/results/residual.md
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pianomime.threads import ONE_THREAD

os.environ |= ONE_THREAD

import time

import numpy as np

from pianomime.evaluation.players import starts
from pianomime.hands.embodiment import embodiment
from pianomime.planning.differential_ik import follow_fingertips
from pianomime.planning.performance_plan import PerformancePlan
from pianomime.planning.rollout import roll_out
from pianomime.refinement.iterative_learning import IterativeLearningConfig, learn
from pianomime.refinement.residual_env import ResidualEnv
from pianomime.refinement.residual_learning import PpoConfig, learn_residual
from pianomime.score.clips import Clip, load_clips
from pianomime.score.goals import ScoreGoals
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import ROBOPIANIST_TIMING

SEED = 0
BODY = "pianomime"


def simulation() -> PianoSimulation:
    return PianoSimulation(load_model(embodiment(BODY)), ROBOPIANIST_TIMING)


def until(minutes: float) -> Callable[..., bool]:
    """Return a progress callback that ends learning after some minutes."""
    deadline_s = time.monotonic() + 60 * minutes

    def progress(*best: object) -> bool:
        print(*best, file=sys.stderr)
        return time.monotonic() < deadline_s

    return progress


def residual(plan: PerformancePlan, goals: ScoreGoals, minutes: float) -> float:
    with tempfile.TemporaryDirectory() as folder:
        make = partial(ResidualEnv.of, plan, goals, embodiment(BODY))
        config = PpoConfig(steps=10**9, seed=SEED)
        return learn_residual(plan, goals, make, Path(folder), config, until(minutes)).f1


def human_ik(clip: Clip, plan: PerformancePlan) -> PerformancePlan:
    """The paper's nominal behaviour as a plan: differential IK on the human's fingertips."""
    target = follow_fingertips(simulation().hands, clip.tips, plan.lead)[: len(plan.target)]
    position = np.concatenate([np.zeros((1, target.shape[1])), target])
    return replace(plan, target=target[:, None], position=position)


def row(clip: Clip, minutes: float) -> list[float]:
    score, world = clip.score().without_fingers(), simulation()
    goals = ScoreGoals.of(score, ROBOPIANIST_TIMING)
    begin = starts(score, world)
    plan = begin[0][1]
    config = IterativeLearningConfig(rollouts=100_000, seed=SEED)
    learned = learn(begin, [world], config, until(minutes))
    longer = learn(begin, [world], config, until(2 * minutes))
    nominal = human_ik(clip, plan)
    ik = roll_out(nominal.command, nominal.lead_in_s, goals.steps, world)
    ik_f1 = ik.f1_per_step(goals).mean()
    return [
        float(ik_f1),
        residual(nominal, goals, minutes),
        learned.history[0].f1,
        residual(plan, goals, minutes),
        learned.quality.f1,
        residual(learned.plan, goals, minutes),
        longer.quality.f1,
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", type=Path)
    parser.add_argument("--clips", dest="numbers", default="89,154")
    parser.add_argument("--minutes", type=float, default=4.0)
    options = parser.parse_args()
    clips = {clip.index: clip for clip in load_clips(options.clips, "test")}
    print(f"`python benchmarks/residual.py CLIPS.npz --clips {options.numbers} --minutes", end=" ")
    print(
        f"{options.minutes:g}`, {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, seed {SEED};"
    )
    print(f"iterative learning has one core, PPO both. F1, `{BODY}` embodiment.\n")
    m = f"{options.minutes:g} min"
    print(
        f"| clip | human IK | + PPO {m} | plan | + PPO {m} | + learning {m} |"
        f" ... + PPO {m} | ... + learning {m} |"
    )
    print("| --- " * 8 + "|")
    for number in map(int, options.numbers.split(",")):
        figures = " | ".join(f"{f1:.3f}" for f1 in row(clips[number], options.minutes))
        print(f"| {number} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
