"""`pianomime train`: make the generalist, from songs to a checkpoint that `play` plays with.

Interrupted, the same command goes on where it was.
"""

import argparse
import os
import shutil
import signal
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pianomime.errors import OutputError, PianoMimeError
from pianomime.score.clips import load_clips
from pianomime_bringup.arguments import count
from pianomime_cli.hands_option import add_hands, hands_of


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "train", help="make the policy that plays songs it never saw", description=__doc__
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of the run")
    parser.add_argument("--config", type=Path, required=True, help="such as config/training.yaml")
    parser.add_argument("--clips", type=Path, help="file of clips; its test split is held out")
    parser.add_argument("--songs", type=Path, help="folder of MIDI files to learn from, too")
    parser.add_argument(
        "--corpus", type=count, help="scores of music21's corpus, where it is installed"
    )
    add_hands(parser)
    parser.add_argument("--processes", type=count, default=os.cpu_count() or 1)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    try:
        from pianomime.learning.corpus import corpus_scores
        from pianomime.learning.recipe import Bar, Training, load_recipe
        from pianomime.learning.songs import HeldOut, songs
    except ImportError as error:
        raise PianoMimeError(f"{error.name} is missing; run: tools/setup learning") from None

    def progress(what: str, total: int) -> AbstractContextManager[Bar]:
        return tqdm(desc=what, total=total, disable=None)

    # Without this, SIGTERM would end this process alone and leave the pool's behind.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    recipe = load_recipe(options.config)
    test = load_clips(options.clips, "test") if options.clips else []
    held_out = HeldOut.of([clip.score() for clip in test])
    more = corpus_scores(options.corpus) if options.corpus else []
    found = songs(options.clips, options.songs, held_out, more)
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
    part = path.with_suffix(".part")
    shutil.copyfile(made, part)
    part.replace(path)
    print(path)
    return 0
