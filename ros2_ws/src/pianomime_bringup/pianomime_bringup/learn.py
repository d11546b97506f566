"""`pianomime learn`: learn one song by playing it again and again, without ROS, into a file."""

import argparse
import signal
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pianomime.errors import OutputError
from pianomime.evaluation.players import planned
from pianomime.hands.embodiment import EMBODIMENTS, embodiment
from pianomime.refinement.iterative_learning import IterativeLearningConfig, learn
from pianomime.refinement.learnt_file import Card, Learnt, save_learnt, versions
from pianomime.score.goals import key_goals
from pianomime.score.repertoire import find_score
from pianomime.simulation.model import CONTROL_DT_S, load_model
from pianomime.simulation.simulation import PianoSimulation


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    default = IterativeLearningConfig()
    parser = commands.add_parser(
        "learn",
        help="learn one song by playing it; `play --learnt FILE` plays the result",
        description=__doc__,
    )
    parser.add_argument("song", help="MIDI file, or name of a piece that comes along")
    parser.add_argument("-o", "--output", type=Path, required=True, help="file to write (.npz)")
    parser.add_argument("--rollouts", type=int, default=default.rollouts, help="times to play it")
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--embodiment", default="pianomime", choices=tuple(EMBODIMENTS))
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    score = find_score(options.song)
    if options.output.exists():
        raise OutputError(f"{options.output}: exists already")
    config = IterativeLearningConfig(rollouts=options.rollouts, seed=options.seed)
    goals = key_goals(score, CONTROL_DT_S)
    simulation = PianoSimulation(load_model(embodiment(options.embodiment)))
    fingered, plan = planned(score, simulation)
    interrupted = False
    with tqdm(total=config.rollouts, unit="rollout") as bar:

        def progress(f1: float) -> bool:
            bar.update(1)
            bar.set_postfix_str(f"F1 {f1:.3f}")
            return not interrupted

        def interrupt(*_: object) -> None:
            nonlocal interrupted
            interrupted = True

        previous = signal.signal(signal.SIGINT, interrupt)  # what was learnt so far is kept
        learned = learn(plan, fingered, goals, simulation, config, progress)
        signal.signal(signal.SIGINT, previous)
    card = Card(
        title=score.title,
        sha256=score.sha256,
        embodiment=options.embodiment,
        joint_names=simulation.hands.joint_names,
        f1=learned.f1,
        f1_planned=learned.history[0],
        how=f"iterative learning, {len(learned.history)} rollouts",
        seed=config.seed,
        versions=versions(),
    )
    save_learnt(Learnt(learned.plan, card), options.output)
    print(f"{score.title}: F1 {learned.history[0]:.3f} planned, {learned.f1:.3f} learnt")
    return 0
