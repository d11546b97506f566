"""`pianomime train`: train the generalist policy on songs and write its checkpoint.

The same command resumes an interrupted training.
"""

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pianomime.atomic_file import atomic_path
from pianomime.errors import OutputError, PianoMimeError
from pianomime.score.arrangement_config import ArrangementConfig
from pianomime.score.clips import load_clips
from pianomime_bringup.arguments import count
from pianomime_cli.arrangement_options import print_refused, read_files
from pianomime_cli.hands_option import add_hands, hands_of


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "train", help="train the policy that plays unseen songs", description=__doc__
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of the run")
    parser.add_argument(
        "--config", type=Path, required=True, help="training recipe, such as config/training.yaml"
    )
    parser.add_argument("--clips", type=Path, help="file of clips; its test split is held out")
    parser.add_argument(
        "--songs", type=Path, help="more MIDI files to train on: a folder or a file"
    )
    parser.add_argument(
        "--corpus", type=count, help="number of scores from music21's corpus; needs music21"
    )
    add_hands(parser)
    parser.add_argument("--processes", type=count, default=os.cpu_count() or 1)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    try:
        from pianomime.learning.corpus import corpus_scores
        from pianomime.learning.fit import Bar
        from pianomime.learning.recipe import load_recipe
        from pianomime.learning.run import Training
        from pianomime.learning.songs import HeldOut, songs
    except ImportError as error:
        raise PianoMimeError(f"{error.name} is missing; run: tools/setup learning") from None

    def progress(what: str, total: int) -> AbstractContextManager[Bar]:
        return tqdm(desc=what, total=total, disable=None)

    # Otherwise SIGTERM would end only this process and leave the pool's workers running.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    recipe = load_recipe(options.config)
    test = load_clips(options.clips, "test") if options.clips else []
    held_out = HeldOut.of([clip.score() for clip in test])
    more = corpus_scores(options.corpus) if options.corpus else []
    refused: Sequence[str] = ()
    if options.songs is not None:
        files = read_files(options.songs, ArrangementConfig())
        refused = files.refused
        more += [arrangement.score for arrangement in files.arrangements]
    found = songs(options.clips, held_out, more)
    try:
        options.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{options.output}: {error.strerror}") from error
    training = Training(
        recipe,
        found,
        held_out,
        hands_of(options),
        options.output,
        options.processes,
        progress,
    )
    made = training.run()
    path = options.output / made.name
    with atomic_path(path) as part:
        shutil.copyfile(made, part)
    print_refused(refused)
    print(path)
    return 0
