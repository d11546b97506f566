"""`pianomime learn`: learn one song by iterative learning in simulation, without ROS."""

import argparse
import os
import signal
import sys
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pianomime.errors import OutputError, PianoMimeError
from pianomime.evaluation.players import starts
from pianomime.refinement.iterative_learning import IterativeLearningConfig, learn
from pianomime.refinement.learned_file import (
    Card,
    LearnedPerformance,
    load_learned,
    save_learned,
    versions,
)
from pianomime.refinement.objective import Quality
from pianomime.score.goals import ScoreGoals
from pianomime.score.repertoire import find_arrangement
from pianomime.score.score import Score
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import Timing
from pianomime_bringup.arguments import add_options, count, timing_of
from pianomime_cli.arrangement_options import add_arrangement, arrangement_of, print_remarks
from pianomime_cli.hands_option import add_hands, hands_of


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    default = IterativeLearningConfig()
    parser = commands.add_parser(
        "learn",
        help="learn one song by playing it; `play --learned FILE` plays the result",
        description=__doc__,
    )
    parser.add_argument("song", help="MIDI file, or name of a bundled piece")
    parser.add_argument("-o", "--output", type=Path, required=True, help="file to write (.npz)")
    add_arrangement(parser)
    parser.add_argument(
        "--rollouts",
        type=count,
        default=default.rollouts,
        help="budget of practice, in lengths of the song",
    )
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument(
        "--residual-steps",
        type=count,
        default=0,
        help="steps of residual reinforcement learning afterwards; needs tools/setup learning",
    )
    add_hands(parser)
    add_options(parser, Timing, skip=set())
    parser.add_argument(
        "--threads", type=count, default=os.cpu_count() or 1, help="changes tried in parallel"
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    found = find_arrangement(options.song, arrangement_of(options))
    print_remarks(found)
    score = found.score
    if options.output.exists():
        raise OutputError(f"{options.output}: exists already")
    if not options.output.absolute().parent.is_dir():
        raise OutputError(f"{options.output}: no folder {options.output.parent}")
    folder = options.output.with_suffix(".training")
    kept, learned = folder / "plan.npz", None
    if options.residual_steps:
        if kept.exists():
            learned = load_learned(kept, hands_of(options))
            learned.check_timing(timing_of(options))
            learned.check_score(score.sha256)
        if find_spec("stable_baselines3") is None:
            raise PianoMimeError("stable-baselines3 is missing; run: tools/setup learning")
    interrupt = _Interrupt()
    learned = learned or _learn(score, options, interrupt)
    if options.residual_steps and not interrupt.came:
        interrupt.listen()
        folder.mkdir(exist_ok=True)
        if not kept.exists():
            save_learned(learned, kept)
        learned = _reinforce(learned, score, folder, options, interrupt)
        if interrupt.came:
            print(f"interrupted; the same command resumes from {folder}", file=sys.stderr)
            return 0
    save_learned(learned, options.output)
    card = learned.card
    print(f"{score.title}: F1 {card.f1_planned:.3f} planned, {card.f1:.3f} learned")
    return 0


def _learn(
    score: Score, options: argparse.Namespace, interrupt: "_Interrupt"
) -> LearnedPerformance:
    """Plan and improve the plan by practice; an interrupt keeps the best plan so far."""
    config = IterativeLearningConfig(rollouts=options.rollouts, seed=options.seed)
    timing = timing_of(options)
    hands = load_model(hands_of(options))
    simulations = [PianoSimulation(hands, timing) for _ in range(options.threads)]
    with tqdm(total=config.rollouts, unit="rollout", desc="planning") as bar:
        begin = starts(score, simulations[0])
        bar.set_description("learning")
        interrupt.listen()  # before this there is no result to keep

        def progress(best: Quality) -> bool:
            bar.update(1)
            bar.set_postfix_str(f"F1 {best.f1:.3f}, note F1 {best.note_f1:.3f}")
            return not interrupt.came

        learned = learn(begin, simulations, config, progress)
    planned, best = learned.history[0], learned.quality
    print(f"{score.title}: note F1 {planned.note_f1:.3f} planned, {best.note_f1:.3f} learned")
    card = Card(
        title=score.title,
        sha256=score.sha256,
        embodiment=hands.spec.identity,
        timing=timing,
        joint_names=simulations[0].hands.joint_names,
        f1=best.f1,
        f1_planned=planned.f1,
        how=f"iterative learning, {len(learned.history)} rollouts, "
        f"{options.threads} tries side by side",
        seed=config.seed,
        versions=versions(),
    )
    fingers = tuple(note.finger for note in learned.score.notes)
    return LearnedPerformance(learned.plan, fingers, card)


def _reinforce(
    learned: LearnedPerformance,
    score: Score,
    folder: Path,
    options: argparse.Namespace,
    interrupt: "_Interrupt",
) -> LearnedPerformance:
    """Improve a learned performance by PPO; checkpoints and learning curve go to `folder`."""
    from pianomime.refinement.residual_env import ResidualEnv
    from pianomime.refinement.residual_learning import PpoConfig, learn_residual

    goals = ScoreGoals.of(score, learned.plan.timing)
    config = PpoConfig(steps=options.residual_steps, seed=options.seed)
    make_env = partial(ResidualEnv.of, learned.plan, goals, hands_of(options))
    with tqdm(total=config.steps, unit="step") as bar:

        def progress(steps: int, f1: float) -> bool:
            bar.update(steps - bar.n)
            bar.set_postfix_str(f"F1 {f1:.3f}")
            return not interrupt.came

        best = learn_residual(learned.plan, goals, make_env, folder, config, progress)
    how = f"{learned.card.how}, then PPO on residuals, {config.steps} steps"
    return replace(learned, plan=best.plan, card=replace(learned.card, f1=best.f1, how=how))


class _Interrupt:
    """Handler of Ctrl-C that requests a stop at the end of the current update."""

    def __init__(self) -> None:
        self.came = False

    def listen(self) -> None:
        signal.signal(signal.SIGINT, self._on_signal)

    def _on_signal(self, *_: object) -> None:
        self.came = True
