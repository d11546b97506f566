"""The paper's baselines on the test clips: IK on the human's fingertips, fingering by transport.

python benchmarks/baselines.py CLIPS.npz > benchmarks/results/baselines.md
"""

import argparse
import os
import sys
from datetime import UTC, datetime
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from pianomime.threads import ONE_THREAD

os.environ |= ONE_THREAD

import numpy as np
from scipy.optimize import linear_sum_assignment
from tqdm import tqdm

from pianomime.command import Command
from pianomime.evaluation.players import planned
from pianomime.hands.embodiment import embodiment
from pianomime.metrics.key_press import key_press_metrics
from pianomime.piano.geometry import key_y
from pianomime.planning.differential_ik import follow_fingertips
from pianomime.planning.follower import Follower
from pianomime.planning.performance_plan import LEAD_IN_S, plan_performance
from pianomime.planning.rollout import roll_out
from pianomime.score.clips import Clip, load_clips
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Score
from pianomime.score.step_notes import by_onset
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import ROBOPIANIST_TIMING


@cache
def simulation() -> PianoSimulation:
    return PianoSimulation(load_model(embodiment("pianomime")), ROBOPIANIST_TIMING)


def transported(score: Score) -> Score:
    """Fingering by optimal transport (RP1M): at each onset the least total way of the fingers."""
    goals = ScoreGoals.of(score, ROBOPIANIST_TIMING)
    place = np.concatenate([-0.2 - 0.022 * np.arange(5), 0.2 + 0.022 * np.arange(5)])
    until = np.full(10, -1)
    fingers = np.full(len(score.notes), -1)
    for notes in by_onset(goals.notes):
        free = np.flatnonzero(until < notes[0].first)
        y = np.array([key_y()[note.key] for note in notes])
        chosen, which = linear_sum_assignment(np.abs(place[free][:, None] - y))
        for finger, i in zip(free[chosen], which, strict=True):
            fingers[notes[i].index], until[finger], place[finger] = finger, notes[i].last, y[i]
    return score.with_fingers(fingers.tolist())


def human_ik(clip: Clip) -> np.ndarray:
    """Differential IK on the human's fingertips, open loop."""
    timing = ROBOPIANIST_TIMING
    lead = timing.steps(LEAD_IN_S)
    targets = follow_fingertips(simulation().hands, clip.tips, lead)
    goals = ScoreGoals.of(clip.score(), timing)

    def act(step: int, _: np.ndarray) -> Command:
        return Command(targets[None, step + lead], goals.sustain_at(step), timing.times_s)

    return roll_out(act, LEAD_IN_S, goals.steps, simulation()).pressed


def with_fingering(score: Score) -> np.ndarray:
    """Our planner with the fingers that the score has."""
    goals = ScoreGoals.of(score, ROBOPIANIST_TIMING)
    plan = plan_performance(score, simulation().hands, ROBOPIANIST_TIMING)
    return roll_out(
        Follower.of(plan, simulation().hands), plan.lead_in_s, goals.steps, simulation()
    ).pressed


def agreement(clip: Clip) -> float:
    """Share of the notes whose human finger is known that get the same finger from ours."""
    human = clip.score()
    ours, _ = planned(human.without_fingers(), simulation())
    known = [
        (h.finger, o.finger) for h, o in zip(human.notes, ours.notes, strict=True) if h.finger >= 0
    ]
    return float(np.mean([h == o for h, o in known]))


def with_humans_fingering(clip: Clip) -> np.ndarray:
    """Our planner with the human's fingers, and ours where the human's is unknown."""
    return with_fingering(planned(clip.score(), simulation())[0])


ROWS = {
    "differential IK on the human's fingertips, open loop": human_ik,
    "planner, fingering by optimal transport": lambda clip: with_fingering(
        transported(clip.score())
    ),
    "planner, the human's fingering": with_humans_fingering,
    "planner, our fingering": lambda clip: with_fingering(
        planned(clip.score().without_fingers(), simulation())[0]
    ),
}


def run(job: tuple[str, Clip]) -> tuple[str, list[float]]:
    name, clip = job
    if name == "agreement":
        return name, [agreement(clip)]
    goals = ScoreGoals.of(clip.score(), ROBOPIANIST_TIMING)
    metrics = key_press_metrics(goals.keys, ROWS[name](clip))
    return name, [metrics.f1, metrics.f1_sounding, metrics.precision, metrics.recall]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", type=Path)
    clips = load_clips(parser.parse_args().clips, "test")
    jobs = [(name, clip) for name in (*ROWS, "agreement") for clip in clips]
    results: dict[str, list[list[float]]] = {}
    with get_context("spawn").Pool() as pool:
        for name, figures in tqdm(pool.imap_unordered(run, jobs), total=len(jobs), file=sys.stderr):
            results.setdefault(name, []).append(figures)
    print(f"`python benchmarks/baselines.py CLIPS.npz`, {datetime.now(UTC):%Y-%m-%d},")
    print(f"{len(clips)} test clips, `pianomime` embodiment, nothing random\n")
    print("| what | F1 | F1 sounding | precision | recall |\n| --- | --- | --- | --- | --- |")
    for name in ROWS:
        figures = " | ".join(f"{value:.3f}" for value in np.mean(results[name], axis=0))
        print(f"| {name} | {figures} |")
    print(f"\nOur finger is the human's for {np.mean(results['agreement']):.0%} of the notes.")


if __name__ == "__main__":
    main()
