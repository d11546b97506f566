"""The paper's study on our data: stages, encodings, heads, residuals, oracles, amount of data.

Every row is trained for the same number of minibatches on the same demonstrations of the teacher
(no corrections) and plays the same test clips in closed loop. It is their ranking that matters.
Without a GPU the transformer's minibatches are an eighth. Needs `tools/setup learning`, and the
`episodes_0` and `fingers_0.npz` of a run of `pianomime train`. Rows can be shared out with --only
to processes that write to OUTs of their own.

    python benchmarks/policy_study.py RUN CLIPS OUT [--steps 4000] [--batch 1024] [--songs 24]
        [--only ROW ...]
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pianomime.threads import ONE_THREAD

__import__("os").environ.update(ONE_THREAD)

import numpy as np
import torch

from pianomime.evaluation.players import LEAD, TAIL, command_of
from pianomime.fingering.fingering import assign_fingers
from pianomime.hands.embodiment import embodiment
from pianomime.learning import datasets
from pianomime.learning.datasets import Pairs
from pianomime.learning.distance_field import LATENT, DistanceField, key_distances
from pianomime.learning.episode import load_episode
from pianomime.learning.finger_lessons import note_table
from pianomime.learning.networks import (
    Flow,
    OverTime,
    Standardised,
    loss_of_fingers,
    loss_of_way,
    mlp,
    to_numpy,
)
from pianomime.learning.recipe import load_lessons
from pianomime.learning.training import TrainingConfig, fit
from pianomime.metrics.key_press import key_press_metrics
from pianomime.piano.geometry import N_KEYS
from pianomime.planning.performance_plan import plan_performance
from pianomime.planning.rollout import roll_out
from pianomime.policy.finger_choice import WINDOW_STEPS
from pianomime.policy.generalist import Generalist, Networks
from pianomime.policy.hand_frame import HandFrame
from pianomime.policy.observation import CHUNK, TIP_UNIT_M, inverse_kinematics, joint_inputs
from pianomime.policy.schedule import Schedule
from pianomime.score.clips import load_clips
from pianomime.score.goals import key_goals
from pianomime.simulation.model import CONTROL_DT_S, load_model
from pianomime.simulation.simulation import PianoSimulation

AMOUNTS = {f"shipped kind, {count} demonstrations": count for count in (10, 30, 60, 120, 240)}
SHIPPED = "fingers chosen first, MLP (shipped kind)"
GOAL_ROWS = 21
WAY = 2 * CHUNK * 5 * 3
"""Outputs of a high level that says both hands' fingertips at once."""


@dataclass
class Study:
    """What all rows share."""

    simulation: PianoSimulation
    frame: HandFrame
    episodes: list
    lessons: Pairs
    steps: int
    batch: int
    folder: Path

    def fit(self, name, network, pairs):
        # A transformer costs thirty times as much a row, on a CPU.
        heavy = (
            isinstance(getattr(network, "body", None), OverTime) and not torch.cuda.is_available()
        )
        batch = self.batch // 8 if heavy else self.batch
        config = TrainingConfig(steps=self.steps, threads=1, batch=batch)
        folder = self.folder / name
        return fit(network, pairs, config, folder, lambda step, loss: None)


# --- networks of the shipped kind, on some of the data --------------------------------------------


def fingers(study):
    torch.manual_seed(0)
    pairs = study.lessons
    body = mlp(pairs.inputs.shape[1], 10, 384, 3)
    return to_numpy(study.fit("fingers", Standardised(pairs.inputs, body, loss_of_fingers), pairs))


def train_way(study, name, pairs, make=None):
    """Train a network that answers `pairs`; `make` gives another kind than an MLP."""
    torch.manual_seed(0)
    ins, outs = pairs.inputs.shape[1], pairs.answers.shape[1]
    network = make(pairs.inputs, ins, outs) if make else as_mlp(pairs.inputs, ins, outs)
    network = study.fit(name, network, pairs)
    return to_numpy(network) if make is None else as_function(network)


def as_mlp(inputs, ins, outs):
    return Standardised(inputs, mlp(ins, outs, 384, 3), loss_of_way)


def as_flow(inputs, ins, outs):
    return Flow(inputs, mlp(ins + outs + 1, outs, 384, 3), outs)


def as_function(network):
    def answer(x):
        with torch.no_grad():
            return network(torch.from_numpy(np.asarray(x, np.float32))).numpy()

    return answer


def fingertip_data(study):
    return Pairs.joined(datasets.fingertip_pairs(e, study.frame) for e in study.episodes)


def joint_data(study, high=None):
    rng = np.random.default_rng(0)
    return Pairs.joined(datasets.joint_pairs(e, study.frame, high, rng) for e in study.episodes)


# --- the paper's shape: the score's window as it is, no fingers chosen ---------------------------


def rolls(episode):
    """Return the keys wanted at the ends of the steps from each row on, (steps, 21, 88)."""
    count = len(episode.pose)
    roll = np.zeros((count + GOAL_ROWS, N_KEYS), np.float32)
    for first, last, key, _ in episode.notes:
        rows = slice(max(first - episode.first_step, 0), max(last + 1 - episode.first_step, 0))
        roll[rows, key] = 1.0
    return roll[np.arange(count)[:, None] + np.arange(GOAL_ROWS)]


def hands_seen(frame, poses, before):
    """Return fingertips, their motion and the forearms of both hands, (t, 66)."""
    tips = frame.fingertips(poses)
    moved = tips - frame.fingertips(before)
    carried = frame.kinematics.forearm(poses)
    parts = (tips / 0.1, moved / 0.01, carried / 0.1)
    return np.concatenate([p.reshape(len(p), -1) for p in parts], axis=1, dtype=np.float32)


def whole_pairs(study, encode, one_stage):
    """Return window and hands, and where the fingertips go, or what is commanded."""
    out = []
    for episode in study.episodes:
        poses = episode.pose.astype(float)
        before = np.concatenate([poses[:1], poses[:-1]])
        seen = [encode(rolls(episode)), hands_seen(study.frame, poses, before)]
        if one_stage:
            scaled = (poses - study.frame.relaxed) / study.frame.unit
            seen.append(scaled.reshape(len(poses), -1).astype(np.float32))
            answer = (episode.wanted - poses) / study.frame.unit
        else:
            tips = study.frame.fingertips(poses)
            planned = study.frame.fingertips(episode.planned.astype(float))
            ahead = np.minimum(
                np.arange(len(poses))[:, None] + 1 + np.arange(CHUNK), len(poses) - 1
            )
            answer = (planned[ahead].transpose(0, 2, 1, 3, 4) - tips[:, :, None]) / TIP_UNIT_M
        answer = answer.reshape(len(poses), -1).astype(np.float32)
        inputs = np.concatenate(seen, axis=1)[::2]  # neighbours are much alike
        out.append(Pairs.even(inputs, answer[::2]))
    return Pairs.joined(out)


def blank(rows):
    shape = (rows, 5, 2)
    zeros = np.zeros(shape, np.int64)
    return Schedule(zeros, np.zeros(shape, bool), zeros, zeros)


def plain_joint_pairs(study, absolute=False):
    """Return the low level's pairs where it is told fingertips alone, no fingers' notes."""
    out = []
    for episode in study.episodes:
        for side, seen in enumerate(datasets.seen_by(episode, study.frame)):
            base = inverse_kinematics(study.frame, seen.state, seen.chunk[:, 0])
            inputs = joint_inputs(
                study.frame, seen.state, blank(len(base)), seen.chunk, base * (not absolute)
            )
            off = study.frame.relaxed if absolute else base
            answer = ((episode.wanted[:, side] - off) / study.frame.unit).astype(np.float32)
            out.append(Pairs.even(inputs, answer))
    return Pairs.joined(out)


class WholeScore(Generalist):
    """A policy that sees the score's window and chooses no fingers."""

    def __init__(self, hands, encode, high, low, one_stage, absolute=False):
        super().__init__(hands, Networks(None, high, low))
        self._encode, self._one_stage, self._absolute = encode, one_stage, absolute

    def reset(self):
        self._last = None

    def step(self, now, keys, measured, key_position):
        frame = self._frame
        poses = frame.poses(measured)
        before, _, commanded = self._last or (poses, None, poses)
        window = self._encode(keys[None, :GOAL_ROWS].astype(np.float32))
        seen = [window, hands_seen(frame, poses[None], before[None])]
        tips = frame.kinematics.fingertips(poses)
        if self._one_stage:
            seen.append(((poses - frame.relaxed) / frame.unit).reshape(1, -1).astype(np.float32))
            said = self._networks.fingertips(np.concatenate(seen, axis=1))
            target = poses + frame.unit * said.reshape(2, -1)
        else:
            said = self._networks.fingertips(np.concatenate(seen, axis=1))
            chunk = tips.position[:, None] + TIP_UNIT_M * said.reshape(2, CHUNK, 5, 3)
            state = datasets.HandState(
                poses, before, tips, frame.fingertips(before), commanded, np.zeros(2),
                np.zeros((2, N_KEYS), np.float32), np.ones(2),
            )  # fmt: skip
            base = inverse_kinematics(frame, state, chunk[:, 0])
            inputs = joint_inputs(frame, state, blank(2), chunk, base * (not self._absolute))
            off = frame.relaxed if self._absolute else base
            target = off + frame.unit * self._networks.joints(inputs)
        self._last = poses, None, target
        return frame.joints(target)


def as_bits(window):
    return window.reshape(len(window), -1)


def as_distance_field(study):
    """Train the autoencoder on the demonstrations' rolls; return the encoding by it."""
    torch.manual_seed(0)
    keys = np.unique(np.concatenate([rolls(e)[:, 0] for e in study.episodes]), axis=0)
    np.random.default_rng(0).shuffle(keys)
    distances = key_distances(keys > 0)
    pairs = Pairs.even(keys, distances)
    field = study.fit("distance_field", DistanceField(), pairs)

    def encode(window):
        with torch.no_grad():
            flat = torch.from_numpy(window.reshape(-1, N_KEYS))
            return field.encode(flat).numpy().reshape(len(window), -1)

    return encode


# --- playing -------------------------------------------------------------------------------------


class KnownFingers:
    """Notes whose fingers are known beforehand."""

    def __init__(self, table):
        self._table, self.now = table, 0

    def update(self, now, keys):
        self.now = now

    @property
    def notes(self):
        table, now = self._table, self.now
        return table[(table[:, 1] >= now) & (table[:, 0] <= now + WINDOW_STEPS)]


class Told(Generalist):
    """A policy that is told the teacher's fingers, and perhaps its fingertips."""

    def __init__(self, study, networks, tips):
        super().__init__(study.simulation.hands, networks)
        self._study, self._tips = study, tips

    def hear(self, score, goals):
        fingered = assign_fingers(score, goals, CONTROL_DT_S)
        table = note_table(fingered, goals)
        self._memory = KnownFingers(table[table[:, 3] >= 0])
        hands, frame = self._study.simulation.hands, self._study.frame
        plan = plan_performance(fingered, hands, CONTROL_DT_S, LEAD, TAIL)
        self._planned = frame.fingertips(frame.poses(plan.position))

    def fingertips(self, state, plan):
        if not self._tips:
            return super().fingertips(state, plan)
        rows = self._memory.now + LEAD + 1 + np.arange(CHUNK)
        return self._planned[np.minimum(rows, len(self._planned) - 1)].transpose(1, 0, 2, 3)


def play(study, policy, scores):
    """Return the mean precision, recall and F1."""
    figures = []
    for score in scores:
        goals = key_goals(score, CONTROL_DT_S)
        policy.reset()
        torch.manual_seed(0)
        if isinstance(policy, Told):
            policy.hear(score, goals)
        command = command_of(policy, goals, study.simulation)
        rollout = roll_out(command, LEAD, len(goals.keys), study.simulation)
        m = key_press_metrics(goals.keys, rollout.pressed)
        figures.append((m.precision, m.recall, m.f1))
    return np.mean(figures, axis=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("clips", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--songs", type=int, default=24)
    parser.add_argument("--only", nargs="*")
    options = parser.parse_args()
    torch.set_num_threads(1)
    simulation = PianoSimulation(load_model(embodiment("pianomime")))
    files = sorted((options.run / "episodes_0").glob("*.parquet"))
    lessons = load_lessons(options.run / "fingers_0.npz")
    frame = HandFrame(simulation.hands)
    episodes = [load_episode(file) for file in files]
    folder = options.out / "networks"
    study = Study(simulation, frame, episodes, lessons, options.steps, options.batch, folder)
    test = load_clips(options.clips, "test")[: options.songs]
    scores = [clip.score().without_fingers() for clip in test]
    options.out.mkdir(parents=True, exist_ok=True)
    results = options.out / "results.json"
    done = json.loads(results.read_text()) if results.exists() else {}
    for name, row in rows(study).items():
        if name in done or (options.only and name not in options.only):
            continue
        began = time.perf_counter()
        policy = row()
        trained = time.perf_counter() - began
        p, r, f1 = play(study, policy, scores)
        done[name] = {"precision": p, "recall": r, "f1": f1, "seconds": trained}
        results.write_text(json.dumps(done, indent=1) + "\n")
        print(f"{name:50} P {p:.3f} R {r:.3f} F1 {f1:.3f}  ({trained:.0f} s)", flush=True)
    print(f"\n{options.steps} minibatches, {len(scores)} clips, {date.today()}\n")
    print("| policy | P | R | F1 |\n| --- | --- | --- | --- |")
    plot(done, len(files), options.out / "policy_songs.png")
    for name, r in done.items():
        print(f"| {name} | {r['precision']:.3f} | {r['recall']:.3f} | {r['f1']:.3f} |")


def plot(done, count, path) -> None:
    """Draw F1 over the number of demonstrations, of which there are `count`."""
    from matplotlib.figure import Figure

    amounts = AMOUNTS | {SHIPPED: count}
    points = [(amount, done[name]["f1"]) for name, amount in amounts.items() if name in done]
    if not points:
        return
    figure = Figure(figsize=(5, 3), layout="constrained")
    axes = figure.subplots()
    axes.semilogx(*zip(*points, strict=True), "o-", color="#4477aa")
    axes.axhline(0.57, color="#ee6677", label="the paper's generalist, 431 clips")
    axes.set_xlabel("demonstrations")
    axes.set_ylabel("F1 on unseen clips")
    axes.set_xticks([count for count, _ in points], [str(count) for count, _ in points])
    axes.minorticks_off()
    axes.legend()
    figure.savefig(path, dpi=120)


def rows(study) -> dict[str, Callable]:
    """Return each row's name and how its policy is made."""
    hands, kept = study.simulation.hands, {}

    def once(name, make):
        if name not in kept:
            kept[name] = make()
        return kept[name]

    def ours(head=None, some=None):
        part = study if some is None else subset(study, some)
        label = "" if some is None else f"_{some}"
        data = fingertip_data(part)
        name = head.__name__ if head else "mlp"
        low_data = once(f"low{label}", lambda: joint_data(part))
        return Networks(
            once(f"fingers{label}", lambda: fingers(part)),
            once(f"high_{name}{label}", lambda: train_way(part, f"high_{name}", data, head)),
            once(f"low_net{label}", lambda: train_way(part, "low", low_data)),
        )

    def whole(encoding, head, absolute=False):
        encode = as_bits if encoding == "bits" else once("field", lambda: as_distance_field(study))
        width = N_KEYS if encoding == "bits" else LATENT
        pairs = whole_pairs(study, encode, one_stage=False)

        def over_time(inputs, ins, outs):
            body = OverTime(GOAL_ROWS, width, ins - GOAL_ROWS * width, outs)
            return Standardised(inputs, body, loss_of_way)

        make = {"mlp": None, "flow": as_flow, "transformer": over_time}[head]
        high = once(
            f"{encoding}_{head}", lambda: train_way(study, f"{encoding}_{head}", pairs, make)
        )
        name = "plain_absolute" if absolute else "plain"
        low = once(name, lambda: train_way(study, name, plain_joint_pairs(study, absolute)))
        return WholeScore(hands, encode, high, low, one_stage=False, absolute=absolute)

    def one_stage(encoding):
        encode = as_bits if encoding == "bits" else once("field", lambda: as_distance_field(study))
        pairs = whole_pairs(study, encode, one_stage=True)
        network = train_way(study, f"one_{encoding}", pairs)
        return WholeScore(hands, encode, network, None, one_stage=True)

    table: dict[str, Callable] = {
        "one stage, MLP, bits": lambda: one_stage("bits"),
        "one stage, MLP, distance field": lambda: one_stage("field"),
        "two stages, MLP, bits": lambda: whole("bits", "mlp"),
        "two stages, MLP, distance field": lambda: whole("field", "mlp"),
        "two stages, transformer, distance field": lambda: whole("field", "transformer"),
        "two stages, flow matching, distance field": lambda: whole("field", "flow"),
        "two stages, MLP, bits, absolute low level": lambda: whole("bits", "mlp", True),
        SHIPPED: lambda: Generalist(hands, ours()),
        "same as shipped kind, teacher's fingers": lambda: Told(study, ours(), tips=False),
        "same, teacher's fingers and fingertips": lambda: Told(study, ours(), tips=True),
        "fingers chosen first, flow matching": lambda: Generalist(hands, ours(as_flow)),
    }
    for name, count in AMOUNTS.items():
        table[name] = lambda count=count: Generalist(hands, ours(some=count))
    return table


def subset(study, count):
    """Return the study with the first `count` demonstrations, also for the fingers."""
    some = study.episodes[:count]
    lessons = Pairs.joined(datasets.finger_pairs(e.notes) for e in some)
    folder = study.folder / f"of_{count}"
    return replace(study, episodes=some, lessons=lessons, folder=folder)


if __name__ == "__main__":
    main()
