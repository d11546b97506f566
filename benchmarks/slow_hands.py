"""How fast hands have to be: F1 of the planner by its limits of motion, at full and at half tempo.

python benchmarks/slow_hands.py CLIPS.npz > benchmarks/results/slow_hands.md
"""

import argparse
import os
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from pianomime.threads import ONE_THREAD

os.environ |= ONE_THREAD

import numpy as np
from tqdm import tqdm

from pianomime.fingering.fingering import assign_fingers
from pianomime.hands.embodiment import embodiment
from pianomime.planning.follower import Follower
from pianomime.planning.motion_limits import MotionLimits
from pianomime.planning.performance_plan import plan_performance
from pianomime.planning.rollout import roll_out
from pianomime.score.clips import load_clips
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Score
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import ROBOPIANIST_TIMING

SHARES = (1, 1 / 2, 1 / 4, 1 / 8)
STRETCHES = (1.0, 2.0)


@cache
def simulation() -> PianoSimulation:
    return PianoSimulation(load_model(embodiment("pianomime")), ROBOPIANIST_TIMING)


def slowed(share: float) -> MotionLimits:
    """Velocities of a share of the default ones; accelerations of its square."""
    power = {field.name: 2 if "acceleration" in field.name else 1 for field in fields(MotionLimits)}
    return MotionLimits(
        **{name: getattr(MotionLimits(), name) * share**n for name, n in power.items()}
    )


def f1(job: tuple[Score, float]) -> float:
    score, share = job
    timing = ROBOPIANIST_TIMING
    goals = ScoreGoals.of(score, timing)
    hands = simulation().hands
    fingered = assign_fingers(score, timing, hands.spec)
    plan = plan_performance(fingered, hands, timing, limits=slowed(share))
    rollout = roll_out(Follower.of(plan, hands), plan.lead_in_s, goals.steps, simulation())
    return float(rollout.f1_per_step(goals).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", type=Path)
    scores = [
        clip.score().without_fingers() for clip in load_clips(parser.parse_args().clips, "test")
    ]
    jobs = [
        (score.stretched(stretch), share)
        for share in SHARES
        for stretch in STRETCHES
        for score in scores
    ]
    with get_context("spawn").Pool() as pool:
        values = list(tqdm(pool.imap(f1, jobs), total=len(jobs)))
    means = np.mean(np.reshape(values, (len(SHARES), len(STRETCHES), len(scores))), axis=2)
    print(f"`python benchmarks/slow_hands.py CLIPS.npz`, {datetime.now(UTC):%Y-%m-%d}, nothing")
    print("random; planned whole, zero-shot, `pianomime` embodiment, the 24 test clips\n")
    print("| hinges, at most | slides, at most | F1 | at half tempo |\n| --- | --- | --- | --- |")
    for share, (full, half) in zip(SHARES, means, strict=True):
        limits = slowed(share)
        print(
            f"| {limits.max_joint_velocity:g} rad/s, {limits.max_joint_acceleration:g} rad/s2"
            f" | {limits.max_slide_velocity:g} m/s, {limits.max_slide_acceleration:g} m/s2"
            f" | {full:.3f} | {half:.3f} |"
        )


if __name__ == "__main__":
    main()
