"""`pianomime bench`: measure a controller on clips, the repertoire or MIDI files."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pianomime.controllers.controller import BENCH_OPTIONS, Preparation
from pianomime.controllers.registry import controller_table, find_preparation
from pianomime.errors import ConfigError
from pianomime.evaluation.bench import Bench, Record, run_bench, summary
from pianomime.evaluation.players import Options
from pianomime.evaluation.report import write_report
from pianomime.hands.hand_spec import HandSpec
from pianomime.policy.registry import read_policy
from pianomime.score.arrangement import excerpt
from pianomime.score.arrangement_config import ArrangementConfig
from pianomime.score.clips import load_clips
from pianomime.score.repertoire import find_arrangement, repertoire
from pianomime.score.score import Score
from pianomime.simulation.model import load_model
from pianomime.timing import Timing
from pianomime_bringup.arguments import add_options, count, timing_of
from pianomime_cli.arrangement_options import (
    add_arrangement,
    arrangement_of,
    print_refused,
    read_files,
)
from pianomime_cli.controllers import print_broken_controllers
from pianomime_cli.hands_option import add_hands, hands_of
from pianomime_policy.bundled import bundled_checkpoint


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "bench", help="measure a controller on many songs", description=__doc__
    )
    parser.add_argument("what", choices=("clips", "repertoire", "files"))
    parser.add_argument(
        "path", nargs="?", type=Path, help="file of clips, MIDI file, or folder of MIDI files"
    )
    add_arrangement(parser)
    parser.add_argument("--split", default="test", help="split of the clips (default: test)")
    parser.add_argument("--clips", help="only these clips, by index: 3,17")
    parser.add_argument(
        "--controller", default="expert", help="see `pianomime controllers` (default: expert)"
    )
    add_hands(parser)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rollouts", type=count, help="budget of learning, see `pianomime learn`")
    parser.add_argument(
        "--checkpoint", type=Path, help="file of the policy (default: the bundled one)"
    )
    parser.add_argument(
        "--disturbed",
        action="store_true",
        help="random initial poses of the hands, and a push every 5 s",
    )
    add_options(parser, Timing, skip=set())
    parser.add_argument("--processes", type=count, default=os.cpu_count() or 1)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("bench"),
        help="folder of the results; an interrupted benchmark resumes from it",
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    hands, timing = hands_of(options), timing_of(options)
    load_model(hands)  # raises before anything is played
    preparation = find_preparation(options.controller)
    preparation.load()  # likewise
    _check_options(options, preparation)
    songs, refused = _songs(options)
    of_controller = Options(
        options.seed,
        _checkpoint(options.checkpoint, preparation, hands, timing),
        options.rollouts or Options.rollouts,
        timing,
    )
    print_broken_controllers()
    # Otherwise SIGTERM would end only this process and leave the pool's workers running.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with tqdm(total=len(songs), unit="song") as bar:

        def progress(record: Record) -> None:
            bar.update(1)
            figures = f"F1 {record['f1']:.3f}, note F1 {record['note_f1']:.3f}"
            if dropped := record["dropped"]:  # None where fingers are chosen while playing
                figures += f", no finger for {len(dropped)} notes"
            bar.write(f"{record['title']:28} {figures}")

        records = run_bench(
            songs,
            Bench(preparation, options.embodiment, of_controller, options.disturbed),
            options.output,
            options.processes,
            progress,
            time.perf_counter,
        )
    write_report(records, options.output)
    for name, value in summary(records).items():
        print(f"{name:24} {value:.4f}" if isinstance(value, float) else f"{name:24} {value}")
    print_refused(refused)
    return 0


def _check_options(options: argparse.Namespace, preparation: Preparation) -> None:
    """Raise ConfigError for an option that this controller does not have."""
    for name in BENCH_OPTIONS:
        value = getattr(options, name)
        if value is None or name in preparation.options:
            continue
        takers = [p.name for p in controller_table().preparations.values() if name in p.options]
        raise ConfigError(f"--{name} {value}: is for --controller {' or '.join(takers)} alone")


def _checkpoint(
    given: Path | None, preparation: Preparation, hands: HandSpec, timing: Timing
) -> str:
    """Return the path of the checkpoint, validated before anything is played; empty if unused."""
    if "checkpoint" not in preparation.options:
        return ""
    path = given or bundled_checkpoint(hands)
    read_policy(path, hands, timing)
    return str(path.absolute())


def _songs(options: argparse.Namespace) -> tuple[list[Score], Sequence[str]]:
    """Return the songs, and one line for each file that cannot be read."""
    config = arrangement_of(options)
    if options.what == "repertoire":
        return [find_arrangement(name, config).score for name in repertoire()], ()
    if options.path is None:
        raise ConfigError(f"bench {options.what}: the path is missing")
    if options.what == "clips":
        clips = _clips(options)
        if config == ArrangementConfig():
            return clips, ()
        return [excerpt(clip, config)[0] for clip in clips], ()
    found = read_files(options.path, config)
    return [arrangement.score for arrangement in found.arrangements], found.refused


def _clips(options: argparse.Namespace) -> list[Score]:
    clips = {clip.index: clip for clip in load_clips(options.path, options.split)}
    try:
        wanted = [int(i) for i in options.clips.split(",")] if options.clips else list(clips)
    except ValueError:
        raise ConfigError(f"--clips {options.clips!r}: must be comma-separated numbers") from None
    unknown = sorted(set(wanted) - clips.keys())
    if unknown:
        legal = ", ".join(map(str, clips))
        raise ConfigError(
            f"clip {unknown[0]} is not in split {options.split!r}; there are: {legal}"
        )
    return [clips[i].score().without_fingers() for i in wanted]
