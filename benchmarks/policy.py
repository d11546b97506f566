"""The shipped policy in detail: time of a step, recovery from pushes, and what it misses.

python benchmarks/policy.py CLIPS [--split test] [--checkpoint FILE]
"""

import argparse
import os
import time
from datetime import date
from itertools import pairwise
from pathlib import Path

from pianomime.threads import ONE_THREAD

os.environ |= ONE_THREAD

import numpy as np
from tqdm import tqdm

from pianomime.evaluation.disturbed import BETWEEN_PUSHES, DisturbedSimulation
from pianomime.evaluation.players import LEAD, command_of
from pianomime.hands.embodiment import embodiment
from pianomime.learning.songs import passages
from pianomime.piano.geometry import key_y
from pianomime.planning.rollout import roll_out
from pianomime.policy.checkpoint import load_checkpoint
from pianomime.policy.finger_choice import WINDOW_STEPS
from pianomime.policy.generalist import Generalist
from pianomime.score.clips import load_clips
from pianomime.score.goals import key_goals
from pianomime.simulation.model import CONTROL_DT_S, load_model
from pianomime.simulation.simulation import PianoSimulation
from pianomime_policy.shipped import shipped_checkpoint

ONSETS = 10
LOST = (0.0, 0.05, 0.1, 0.2)
"""Chances, at each step, that one or two go by without sight of the hands."""
SECOND = round(1 / CONTROL_DT_S)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", type=Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--checkpoint", type=Path)
    options = parser.parse_args()
    path = options.checkpoint or shipped_checkpoint("pianomime")
    networks = load_checkpoint(path).networks
    model = load_model(embodiment("pianomime"))
    calm, times_ms, after, notes, common = PianoSimulation(model), [], [], [], []
    train = {p for c in load_clips(options.clips, "train") for p in passages(c.score(), ONSETS)}
    for clip in tqdm(load_clips(options.clips, options.split)):
        score = clip.score().without_fingers()
        goals = key_goals(score, CONTROL_DT_S)
        generalist = Generalist(calm.hands, networks)
        rollout = play(generalist, goals, calm, times_ms)
        notes += note_facts(score, goals, rollout.pressed)
        f1 = rollout.f1_per_step(goals).mean()
        common.append((np.mean([p in train for p in passages(score, ONSETS)]), f1, clip.index))
        pushed = DisturbedSimulation(model, seed=(clip.index,))
        f1 = play(generalist, goals, pushed, []).f1_per_step(goals)
        phase = (np.arange(len(f1)) + LEAD + 1) % BETWEEN_PUSHES
        begun = np.arange(len(f1)) >= BETWEEN_PUSHES - LEAD - 1
        after.append([f1[begun & (phase // SECOND == s)].mean() for s in range(5)])
    print(f"\n{options.split} clips, {date.today()}, {path.name}\n")
    p50, p99, most = np.percentile(times_ms, (50, 99, 100))
    late = np.sum(np.array(times_ms) > CONTROL_DT_S * 1e3)
    print(f"step: p50 {p50:.2f} ms, p99 {p99:.2f} ms, most {most:.1f} ms, {late} over 50 ms\n")
    print("| seconds after a push | " + " | ".join(["0-1", "1-2", "2-3", "3-4", "4-5"]) + " |")
    print("| --- " * 6 + "|")
    print("| F1 | " + " | ".join(f"{x:.3f}" for x in np.mean(after, axis=0)) + " |\n")
    unseen_table(
        load_clips(options.clips, options.split)[::4], Generalist(calm.hands, networks), calm
    )
    print(f"| passages of {ONSETS} onsets that are in training clips, too | clips | F1 |")
    print("| --- | --- | --- |")
    for low, high in pairwise((0.0, 1e-9, 0.25, 1.01)):
        rows = [row for row in common if low <= row[0] < high]
        label = "none" if high < 0.01 else "some" if low < 0.2 else "a quarter or more"
        which = ", ".join(str(index) for *_, index in rows)
        mean = np.mean([f1 for _, f1, _ in rows] or [np.nan])
        print(f"| {label} | {which} | {mean:.3f} |")
    print()
    table = np.array(notes)
    for column, name, edges in (
        (1, "notes at once", (1, 2, 3, 4, 99)),
        (2, "notes in the second around", (0, 5, 10, 15, 99)),
        (3, "way of the hand from the last onset [mm]", (0, 20, 50, 100, 200, 2000)),
        (4, "steps that the note lasts", (1, 3, 6, 12, 10_000)),
    ):
        print(f"| {name} | notes | of their steps, pressed |\n| --- | --- | --- |")
        for low, high in pairwise(edges):
            rows = table[(table[:, column] >= low) & (table[:, column] < high)]
            if len(rows):
                label = f"{low}" if high == low + 1 else f"{low} to {high - 1}"
                label = f"{low} or more" if high == edges[-1] else label
                print(f"| {label} | {len(rows)} | {rows[:, 0].mean():.3f} |")
        print()


def play(generalist, goals, simulation, times_ms):
    generalist.reset()
    command = command_of(generalist, goals, simulation)

    def timed(step, measured):
        began = time.perf_counter()
        answer = command(step, measured)
        times_ms.append((time.perf_counter() - began) * 1e3)
        return answer

    return roll_out(timed, LEAD, len(goals.keys), simulation)


def unseen_table(clips, generalist, simulation):
    print(f"| share of steps unseen ({len(clips)} clips) | 0 | 0.07 | 0.14 | 0.27 |")
    print("| --- " * 5 + "|")
    for name, carries_on in (("rest of the chunk", True), ("last command held", False)):
        f1 = [
            np.mean([f1_unseen(c, generalist, simulation, chance, carries_on) for c in clips])
            for chance in LOST
        ]
        print(f"| F1, {name} | " + " | ".join(f"{x:.3f}" for x in f1) + " |")
    print()


def f1_unseen(clip, generalist, simulation, chance, carries_on):
    """Play without sight of the hands for one or two steps, now and then."""
    goals = key_goals(clip.score().without_fingers(), CONTROL_DT_S)
    seeing = command_of(generalist, goals, simulation)
    rng = np.random.default_rng(clip.index)
    generalist.reset()
    unseen, said = 0, None

    def command(step, measured):
        nonlocal unseen, said
        if said and not unseen and rng.random() < chance:
            unseen = int(rng.integers(1, 3))
        if not unseen:
            said = seeing(step, measured)
            return said
        unseen -= 1
        if carries_on:
            keys, sustain = goals.window(step, WINDOW_STEPS + 1)
            target = generalist.carry_on(step, keys)
            said = (said[0] if target is None else target), bool(sustain[0])
        return said

    return roll_out(command, LEAD, len(goals.keys), simulation).f1_per_step(goals).mean()


def note_facts(score, goals, pressed):
    """Return of each note: share pressed, notes at once, density, jump [mm], length [steps]."""
    first = np.array([step.first for step in goals.notes])
    y_mm = key_y()[[score.notes[step.index].key for step in goals.notes]] * 1e3
    facts = []
    for i, step in enumerate(goals.notes):
        key = score.notes[step.index].key
        share = pressed[step.first : step.last + 1, key].mean()
        before = first < step.first
        last = first == first[before].max() if before.any() else np.zeros(len(first), bool)
        jump = np.abs(y_mm[last] - y_mm[i]).min() if last.any() else 0.0
        density = np.sum(np.abs(first - step.first) <= SECOND // 2)
        facts.append(
            (share, np.sum(first == step.first), density, jump, step.last - step.first + 1)
        )
    return facts


if __name__ == "__main__":
    main()
