"""The paper's study on our data: stages, encodings, heads, residuals, oracles, amount of data.

Every row is a policy that is trained for the same number of minibatches on the same demonstrations
of the teacher (no corrections), saved as a checkpoint, and plays the same test clips in closed
loop. It is their ranking that matters. Without a GPU the transformer's minibatches are an eighth.
Needs `tools/setup learning`, and the `episodes_0` and `fingers_0.npz` of a run of `pianomime
train`. Rows can be shared out with --only to processes that write to OUTs of their own.

    python benchmarks/policy_study.py RUN CLIPS OUT [--steps 4000] [--batch 1024] [--songs 24]
        [--only ROW ...]
"""

import argparse
import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from pianomime.threads import ONE_THREAD

os.environ |= ONE_THREAD

import numpy as np
import torch

from pianomime.fingering.fingering import assign_fingers
from pianomime.hands.embodiment import embodiment
from pianomime.hands.fingers import UNASSIGNED
from pianomime.learning.datasets import finger_pairs, fingertip_pairs, joint_pairs
from pianomime.learning.distance_field import DistanceField, key_distances
from pianomime.learning.episode import Episode, load_episode
from pianomime.learning.networks import (
    FlowTraining,
    Standardised,
    exported,
    loss_of_fingers,
    loss_of_way,
    mlp,
)
from pianomime.learning.pairs import Pairs, load_pairs
from pianomime.learning.recipe import TrainingConfig
from pianomime.learning.training import fit
from pianomime.learning.whole_score_pairs import (
    goal_key_windows,
    one_stage_pairs,
    whole_fingertip_pairs,
    whole_joint_pairs,
)
from pianomime.metrics.key_press import key_press_metrics
from pianomime.planning.performance_plan import LEAD_IN_S, plan_performance
from pianomime.planning.rollout import roll_out
from pianomime.policy import whole_score
from pianomime.policy.checkpoint import (
    Checkpoint,
    PolicyCard,
    Probe,
    load_checkpoint,
    save_checkpoint,
)
from pianomime.policy.generalist import FINGERS, FINGERTIPS, JOINTS, Generalist
from pianomime.policy.hand_frame import HandFrame
from pianomime.policy.network_inputs import chunk_steps
from pianomime.policy.networks.transformer import Transformer
from pianomime.policy.player import policy_act
from pianomime.policy.registry import POLICY_TYPES, load_policy
from pianomime.score.clips import CLIP_TIMING, load_clips
from pianomime.score.goals import ScoreGoals
from pianomime.score.step_notes import in_window
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import PianoSimulation

AMOUNTS = {f"bundled kind, {count} demonstrations": count for count in (10, 30, 60, 120, 240)}
BUNDLED = "fingers assigned first, MLP (bundled kind)"
HANDS, TIMING = embodiment("pianomime"), CLIP_TIMING
WIDTH, DEPTH = 384, 3
PROBES = 64


# --- networks ------------------------------------------------------------------------------------


def as_mlp(pairs, loss=loss_of_way, outputs=None):
    outputs = outputs or pairs.answers.shape[1]
    body = mlp(pairs.inputs.shape[1], outputs, WIDTH, DEPTH)
    return Standardised(pairs.inputs, body, loss)


def as_flow(pairs):
    inputs, outputs = pairs.inputs.shape[1], pairs.answers.shape[1]
    return FlowTraining(pairs.inputs, mlp(inputs + outputs + 1, outputs, WIDTH, DEPTH), outputs)


def as_transformer(width, pairs):
    steps = whole_score.goal_steps(TIMING)
    inputs, outputs = pairs.inputs.shape[1], pairs.answers.shape[1]
    body = Transformer(steps, width, inputs - steps * width, outputs)
    return Standardised(pairs.inputs, body, loss_of_way)


# --- study ---------------------------------------------------------------------------------------


@dataclass
class Study:
    """What all rows share; each network is trained once."""

    simulation: PianoSimulation
    frame: HandFrame
    episodes: list[Episode]
    lessons: Pairs
    steps: int
    batch: int
    folder: Path

    def __post_init__(self):
        self._trained = {}

    def network(self, name, make_pairs, make=as_mlp):
        """Return a trained network and its probe; `make` builds it from pairs."""
        if name not in self._trained:
            torch.manual_seed(0)
            pairs = make_pairs()
            network = make(pairs)
            heavy = isinstance(getattr(network, "body", None), Transformer)
            slow = heavy and not torch.cuda.is_available()  # thirty times as much a row
            batch = self.batch // 8 if slow else self.batch
            config = TrainingConfig(steps=self.steps, threads=1, batch=batch)
            network = fit(network, pairs, config, self.folder / name, lambda *_: None)
            played = exported(network)
            self._trained[name] = played, Probe.of(played, pairs.inputs[:PROBES])
        return self._trained[name]

    def save(self, row, kind, networks, **settings):
        """Save a policy of type `kind` under the name of its row; return the file."""
        card = PolicyCard(
            type=kind,
            embodiment=HANDS.name,
            timing=TIMING,
            lookahead_s=POLICY_TYPES[kind].lookahead_s,
            coordinates=self.frame.names,
            settings=settings,
            made_with={"command": "benchmarks/policy_study.py", "steps": self.steps, "row": row},
            data={"episodes": len(self.episodes)},
        )
        made = {name: pair[0] for name, pair in networks.items()}
        probes = {name: pair[1] for name, pair in networks.items()}
        path = self.folder / f"{re.sub(r'[^a-z0-9]+', '_', row.lower())}.safetensors"
        save_checkpoint(Checkpoint(card, made, probes), path)
        return path

    def joined(self, pairs_of, count=None):
        """Return the pairs of the first `count` demonstrations."""
        return Pairs.joined(pairs_of(e, self.frame) for e in self.episodes[:count])


def field_pairs(study):
    """Return the goal keys of the demonstrations, each once, and the distances to them."""
    keys = np.unique(np.concatenate([goal_key_windows(e)[:, 0] for e in study.episodes]), axis=0)
    np.random.default_rng(0).shuffle(keys)
    return Pairs.even(keys, key_distances(keys > 0))


# --- policies ------------------------------------------------------------------------------------


def generalist(study, row, make_fingertips=as_mlp, count=None):
    """Return the file of a policy of the bundled kind, with another head or fewer demonstrations.

    With fewer, its fingers are from the same songs.
    """
    label = "" if count is None else f"_of_{count}"

    def lessons():
        if count is None:
            return study.lessons
        return Pairs.joined(
            finger_pairs(e.notes, TIMING, HANDS.layout) for e in study.episodes[:count]
        )

    rng = np.random.default_rng(0)
    no_student = lambda episode, frame: joint_pairs(episode, frame, None, rng)  # noqa: E731
    as_fingers = partial(as_mlp, loss=loss_of_fingers, outputs=HANDS.layout.count)
    high = partial(study.joined, fingertip_pairs, count)
    networks = {
        FINGERS: study.network(f"fingers{label}", lessons, as_fingers),
        FINGERTIPS: study.network(
            f"fingertips_{make_fingertips.__name__}{label}", high, make_fingertips
        ),
        JOINTS: study.network(f"joints{label}", partial(study.joined, no_student, count)),
    }
    return study.save(row, "generalist", networks)


def encoder_of(study, encoding):
    """Return the networks that encode goal keys: none for bits."""
    if encoding == "bits":
        return {}
    make = lambda _: DistanceField()  # noqa: E731
    return {whole_score.ENCODER: study.network("field", partial(field_pairs, study), make)}


def two_stages(study, row, encoding, head, absolute=False):
    networks = encoder_of(study, encoding)
    encoder = networks[whole_score.ENCODER][0] if networks else None
    width = encoder.outputs if encoder else 88
    make = {"mlp": as_mlp, "flow": as_flow, "transformer": partial(as_transformer, width)}[head]
    pairs = partial(whole_fingertip_pairs, encoder=encoder)
    low = partial(whole_joint_pairs, absolute=absolute)
    networks |= {
        FINGERTIPS: study.network(f"{encoding}_{head}", partial(study.joined, pairs), make),
        JOINTS: study.network(f"plain_{absolute}", partial(study.joined, low)),
    }
    return study.save(row, "two_stages", networks, absolute=absolute)


def one_stage(study, row, encoding):
    networks = encoder_of(study, encoding)
    encoder = networks[whole_score.ENCODER][0] if networks else None
    pairs = partial(one_stage_pairs, encoder=encoder)
    name = f"one_stage_{encoding}"
    networks[whole_score.TARGETS] = study.network(name, partial(study.joined, pairs))
    return study.save(row, "one_stage", networks)


class KnownFingers:
    """A `FingerMemory` of notes whose fingers are known beforehand."""

    def __init__(self, notes):
        self._all, self.now, self.notes = notes, 0, []

    def update(self, now, _):
        steps = TIMING.steps(Generalist.lookahead_s) + 1
        self.now = now
        self.notes = [n for n in in_window(self._all, now, steps) if n.finger != UNASSIGNED]


class Oracle(Generalist):
    """A generalist that is given the teacher's fingers of a score, and perhaps its fingertips."""

    def __init__(self, study, path, score, give_fingertips):
        fingered = assign_fingers(score, TIMING, HANDS)
        plan = plan_performance(fingered, study.simulation.hands, TIMING)
        self._notes = ScoreGoals.of(fingered, TIMING).notes
        tips = study.frame.fingertips(study.frame.poses(plan.position))
        self._planned, self._lead = (tips if give_fingertips else None), plan.lead
        super().__init__(study.frame, TIMING, load_checkpoint(path).networks)

    def reset(self):
        super().reset()
        self._memory = KnownFingers(self._notes)

    def fingertips(self, state, plan):
        if self._planned is None:
            return super().fingertips(state, plan)
        rows = self._memory.now + self._lead + 1 + np.arange(chunk_steps(TIMING))
        return self._planned[np.minimum(rows, len(self._planned) - 1)].transpose(1, 0, 2, 3)


def play(study, path, scores, oracle=""):
    """Return the mean precision, recall and F1."""
    figures = []
    policy = load_policy(path, study.simulation.hands, TIMING)
    for score in scores:
        goals = ScoreGoals.of(score, TIMING)
        if oracle:
            policy = Oracle(study, path, score, oracle == "fingertips")
        act = policy_act(policy, goals, study.simulation)
        rollout = roll_out(act, LEAD_IN_S, goals.steps, study.simulation)
        m = key_press_metrics(goals.keys, rollout.pressed)
        figures.append((m.precision, m.recall, m.f1))
    return np.mean(figures, axis=0)


def rows() -> dict[str, tuple[Callable, str]]:
    """Return each row's name, how its policy is made, and its oracle."""
    ours = generalist
    table: dict[str, tuple[Callable, str]] = {
        "one stage, MLP, bits": (partial(one_stage, encoding="bits"), ""),
        "one stage, MLP, distance field": (partial(one_stage, encoding="field"), ""),
    }
    for name, encoding, head in (
        ("MLP, bits", "bits", "mlp"),
        ("MLP, distance field", "field", "mlp"),
        ("transformer, distance field", "field", "transformer"),
        ("flow matching, distance field", "field", "flow"),
    ):
        table[f"two stages, {name}"] = partial(two_stages, encoding=encoding, head=head), ""
    absolute = partial(two_stages, encoding="bits", head="mlp", absolute=True)
    table |= {
        "two stages, MLP, bits, absolute low level": (absolute, ""),
        BUNDLED: (ours, ""),
        "same as bundled kind, teacher's fingers": (ours, "fingers"),
        "same, teacher's fingers and fingertips": (ours, "fingertips"),
        "fingers assigned first, flow matching": (partial(ours, make_fingertips=as_flow), ""),
    }
    return table | {name: (partial(ours, count=count), "") for name, count in AMOUNTS.items()}


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
    simulation = PianoSimulation(load_model(HANDS), TIMING)
    files = sorted((options.run / "episodes_0").glob("*.parquet"))
    lessons = load_pairs(options.run / "fingers_0.npz")
    episodes = [load_episode(file, TIMING) for file in files]
    folder = options.out / "policies"
    folder.mkdir(parents=True, exist_ok=True)
    frame = HandFrame(simulation.hands)
    study = Study(simulation, frame, episodes, lessons, options.steps, options.batch, folder)
    test = load_clips(options.clips, "test")[: options.songs]
    scores = [clip.score().without_fingers() for clip in test]
    results = options.out / "results.json"
    done = json.loads(results.read_text()) if results.exists() else {}
    for name, (make, oracle) in rows().items():
        if name in done or (options.only and name not in options.only):
            continue
        began = time.perf_counter()
        path = make(study, name)
        trained = time.perf_counter() - began
        p, r, f1 = play(study, path, scores, oracle)
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

    amounts = AMOUNTS | {BUNDLED: count}
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


if __name__ == "__main__":
    main()
