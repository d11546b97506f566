"""The bundled policy in detail: time of a decision, recovery from pushes, and what it misses.

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

from pianomime.evaluation.disturbed import BETWEEN_PUSHES_S, DisturbedSimulation
from pianomime.hands.embodiment import embodiment
from pianomime.learning.songs import passages
from pianomime.piano.geometry import key_y
from pianomime.planning.performance_plan import LEAD_IN_S
from pianomime.planning.rollout import roll_out
from pianomime.policy.player import PolicyPlayer, policy_act
from pianomime.policy.registry import load_policy
from pianomime.score.clips import CLIP_TIMING, load_clips
from pianomime.score.goals import ScoreGoals
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import PianoSimulation
from pianomime_policy.bundled import bundled_checkpoint

ONSETS = 10
LOST = (0.0, 0.05, 0.1, 0.2)
"""Chances, at each decision, that one or two go by without sight of the hands."""
TIMING = CLIP_TIMING
SECOND = TIMING.steps(1.0)
LEAD = TIMING.steps(LEAD_IN_S)
BETWEEN_PUSHES = TIMING.steps(BETWEEN_PUSHES_S)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", type=Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--checkpoint", type=Path)
    options = parser.parse_args()
    hands = load_model(embodiment("pianomime"))
    path = options.checkpoint or bundled_checkpoint(hands.spec)
    calm, times_ms, after, notes, common = PianoSimulation(hands, TIMING), [], [], [], []
    policy = load_policy(path, hands, TIMING)
    train = {p for c in load_clips(options.clips, "train") for p in passages(c.score(), ONSETS)}
    clips = load_clips(options.clips, options.split)
    for clip in tqdm(clips):
        score = clip.score().without_fingers()
        goals = ScoreGoals.of(score, TIMING)
        rollout = play(policy, goals, calm, times_ms)
        notes += note_facts(goals, rollout.pressed)
        f1 = rollout.f1_per_step(goals).mean()
        common.append((np.mean([p in train for p in passages(score, ONSETS)]), f1, clip.index))
        pushed = DisturbedSimulation(hands, TIMING, seed=(clip.index,))
        f1 = play(policy, goals, pushed, []).f1_per_step(goals)
        phase = (np.arange(len(f1)) + LEAD + 1) % BETWEEN_PUSHES
        begun = np.arange(len(f1)) >= BETWEEN_PUSHES - LEAD - 1
        after.append([f1[begun & (phase // SECOND == s)].mean() for s in range(5)])
    print(f"\n{options.split} clips, {date.today()}, {path.name}\n")
    p50, p99, most = np.percentile(times_ms, (50, 99, 100))
    limit_ms = TIMING.decision_s * 1e3
    late = np.sum(np.array(times_ms) > limit_ms)
    print(f"decision: p50 {p50:.2f} ms, p99 {p99:.2f} ms, most {most:.1f} ms, ", end="")
    print(f"{late} over {limit_ms:g} ms\n")
    print("| seconds after a push | " + " | ".join(["0-1", "1-2", "2-3", "3-4", "4-5"]) + " |")
    print("| --- " * 6 + "|")
    print("| F1 | " + " | ".join(f"{x:.3f}" for x in np.mean(after, axis=0)) + " |\n")
    unseen_table(clips[::4], policy, calm)
    passages_table(common)
    notes_tables(np.array(notes))


def play(policy, goals, simulation, times_ms):
    decide = policy_act(policy, goals, simulation)

    def act(step, measured):
        began = time.perf_counter()
        command = decide(step, measured)
        times_ms.append((time.perf_counter() - began) * 1e3)
        return command

    return roll_out(act, LEAD_IN_S, goals.steps, simulation)


def unseen_table(clips, policy, simulation):
    print(f"| share of decisions unseen ({len(clips)} clips) | 0 | 0.07 | 0.14 | 0.27 |")
    print("| --- " * 5 + "|")
    for name, carries_on in (("rest of the action", True), ("last command held", False)):
        f1 = [
            np.mean([f1_unseen(c, policy, simulation, chance, carries_on) for c in clips])
            for chance in LOST
        ]
        print(f"| F1, {name} | " + " | ".join(f"{x:.3f}" for x in f1) + " |")
    print()


def f1_unseen(clip, policy, simulation, chance, carries_on):
    """Play without sight of the hands for one or two decisions, now and then."""
    goals = ScoreGoals.of(clip.score().without_fingers(), TIMING)
    player, rng = PolicyPlayer(policy, TIMING), np.random.default_rng(clip.index)
    unseen, last = 0, None

    def act(step, measured):
        nonlocal unseen, last
        if last and not unseen and rng.random() < chance:
            unseen = int(rng.integers(1, 3))
        sustain = goals.sustain_at(step)
        if unseen:
            unseen -= 1
            last = (player.carry_on(step, sustain) if carries_on else None) or last
        else:
            notes = goals.notes_in(step, player.horizon)
            last = player.step(step, notes, sustain, measured, simulation.key_position)
        return last

    return roll_out(act, LEAD_IN_S, goals.steps, simulation).f1_per_step(goals).mean()


def note_facts(goals, pressed):
    """Return of each note: share pressed, notes at once, density, jump [mm], decisions."""
    first = np.array([note.first for note in goals.notes])
    y_mm = key_y()[[note.key for note in goals.notes]] * 1e3
    facts = []
    for i, note in enumerate(goals.notes):
        share = pressed[note.first : note.last + 1, note.key].mean()
        before = first < note.first
        last = first == first[before].max() if before.any() else np.zeros(len(first), bool)
        jump = np.abs(y_mm[last] - y_mm[i]).min() if last.any() else 0.0
        density = np.sum(np.abs(first - note.first) <= SECOND // 2)
        length = note.last - note.first + 1
        facts.append((share, np.sum(first == note.first), density, jump, length))
    return facts


def passages_table(common):
    print(f"| passages of {ONSETS} onsets that are in training clips, too | clips | F1 |")
    print("| --- | --- | --- |")
    for low, high in pairwise((0.0, 1e-9, 0.25, 1.01)):
        rows = [row for row in common if low <= row[0] < high]
        label = "none" if high < 0.01 else "some" if low < 0.2 else "a quarter or more"
        which = ", ".join(str(index) for *_, index in rows)
        mean = np.mean([f1 for _, f1, _ in rows] or [np.nan])
        print(f"| {label} | {which} | {mean:.3f} |")
    print()


def notes_tables(table):
    for column, name, edges in (
        (1, "notes at once", (1, 2, 3, 4, 99)),
        (2, "notes in the second around", (0, 5, 10, 15, 99)),
        (3, "way of the hand from the last onset [mm]", (0, 20, 50, 100, 200, 2000)),
        (4, "decisions that the note lasts", (1, 3, 6, 12, 10_000)),
    ):
        print(f"| {name} | notes | of their decisions, pressed |\n| --- | --- | --- |")
        for low, high in pairwise(edges):
            rows = table[(table[:, column] >= low) & (table[:, column] < high)]
            if len(rows):
                label = f"{low}" if high == low + 1 else f"{low} to {high - 1}"
                label = f"{low} or more" if high == edges[-1] else label
                print(f"| {label} | {len(rows)} | {rows[:, 0].mean():.3f} |")
        print()


if __name__ == "__main__":
    main()
