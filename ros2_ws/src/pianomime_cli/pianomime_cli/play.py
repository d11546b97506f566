"""`pianomime play`: run the graph, show its progress, and write a performance folder."""

import argparse
import math
import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import rclpy
from rclpy.signals import SignalHandlerOptions
from tqdm import tqdm

from pianomime.errors import ConfigError, OutputError, PianoMimeError
from pianomime.metrics.described import described
from pianomime.performance.bag import BagError, read_performance
from pianomime.performance.folder import CHANGES_FILE, write_folder
from pianomime.performance.performance import Performance
from pianomime.performance.recovery import recover
from pianomime.score.changes import Change
from pianomime.score.midi import printable
from pianomime_bringup.arguments import add_options, from_strings
from pianomime_bringup.params_file import check_params_file
from pianomime_bringup.pianist import PianistConfig, pianist_graph
from pianomime_cli.arrangement_options import OPTIONS, add_arrangement, print_remarks
from pianomime_cli.controllers import print_broken_controllers
from pianomime_cli.supervisor import GraphFailedError, Supervisor
from pianomime_cli.watcher import Watcher
from pianomime_common.domain import DomainClaim
from pianomime_common.middleware import set_middleware_defaults


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "play", help="play a song with the simulated hands, and record it", description=__doc__
    )
    default = PianistConfig.song
    parser.add_argument(
        "song", nargs="?", default=default, help=f"{_SONG_HELP} (default: {default})"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        help="performance folder to create (default: performances/TITLE-DATE)",
    )
    parser.add_argument("--no-video", action="store_true", help="do not render a video")
    add_arrangement(parser)
    add_options(parser, PianistConfig, skip={"song", "record", *OPTIONS})
    parser.set_defaults(run=play)


_SONG_HELP = "MIDI file, or name of a bundled piece"


def play(options: argparse.Namespace) -> int:
    """Run the command; returns the exit status."""
    given = {k: v for k, v in vars(options).items() if isinstance(v, str)}
    config = from_strings(PianistConfig, given)
    found = config.load_score()
    if found is None:
        raise ConfigError(f"song = {config.song!r}: must be a MIDI file or a bundled piece")
    check_params_file(config, pianist_graph(config))
    print_remarks(found)
    title = found.score.title
    folder = options.output or Path("performances", f"{title}-{datetime.now():%Y%m%d-%H%M%S}")
    claim = DomainClaim("play", config.namespace)
    # A graph started by launch does not claim "play".
    DomainClaim("sim", config.namespace).release()
    print_broken_controllers()
    create_folder(folder)
    config = replace(
        config,
        # A folder may have the name of a piece, for example an earlier performance's.
        song=_absolute(config.song) if os.path.isfile(config.song) else config.song,
        learned=_absolute(config.learned),
        demo=_absolute(config.demo),
        checkpoint=_absolute(config.checkpoint),
        params_file=_absolute(config.params_file),
        record=str(folder.absolute() / "bag"),
    )
    facts = _perform(config, folder)
    claim.release()
    try:
        if (folder / "bag").is_dir() and not (folder / "bag/metadata.yaml").exists():
            recover_in_place(folder / "bag")
        performance = read_performance(folder / "bag")
    except BagError:
        if not facts["interrupted"]:
            raise
        shutil.rmtree(folder)
        print("interrupted before the first note; nothing is kept", file=sys.stderr)
        return 0
    metrics = performance.metrics()
    write_with_progress(
        performance, metrics, folder, facts, video=not options.no_video, changes=found.changes
    )
    print_result(performance, metrics, folder)
    return 0


def print_result(performance: Performance, metrics: Mapping[str, float], folder: Path) -> None:
    """Print the metrics of a performance and the path of its folder."""
    print(f"{performance.score.title}, {performance.real_time_factor:.1f} times real time")
    for line in described(metrics):
        print(f"  {line}")
    if unplayed := performance.unplayed():
        print(f"no finger was free for {len(unplayed)} notes; see {CHANGES_FILE}")
    print(printable(folder))


def recover_in_place(bag: Path) -> None:
    """Replace the truncated bag of a dead recorder by a recovered one; keep the original."""
    cut_off = bag.with_name(f"{bag.name}-cut-off")
    bag.rename(cut_off)
    try:
        found = recover(cut_off, bag)
    except PianoMimeError as error:  # the disk may be full
        shutil.rmtree(bag, ignore_errors=True)
        cut_off.rename(bag)
        advice = f"`pianomime recover {bag} -o ELSEWHERE` saves what it has"
        raise OutputError(f"{error}; {advice}") from error
    print(
        f"the recorder failed; {found.seconds:.1f} s of the performance are saved", file=sys.stderr
    )


def create_folder(folder: Path) -> None:
    """Create a folder for a performance.

    Raises:
        OutputError: The folder exists already, or cannot be created.
    """
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise OutputError(f"{folder}: exists already") from None
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror}") from error


def write_with_progress(
    performance: Performance,
    metrics: Mapping[str, float],
    folder: Path,
    facts: dict[str, Any],
    *,
    video: bool,
    changes: Sequence[Change] = (),
) -> None:
    """Write the performance's files, with a progress bar and a line for each file left out."""
    with tqdm(
        total=len(performance.time_s), desc="video", unit="frame", leave=False, disable=None
    ) as frames:
        for line in write_folder(
            performance, metrics, folder, facts, lambda: frames.update(1), video, changes
        ):
            tqdm.write(line)


def _perform(config: PianistConfig, folder: Path) -> dict[str, Any]:
    """Run the graph until the song ends or Ctrl-C; return facts for metrics.json."""
    set_middleware_defaults()
    interrupts: list[int] = []
    previous = {
        number: signal.signal(number, lambda received, _: interrupts.append(received))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    watcher = Watcher(config.namespace)
    try:
        supervisor = Supervisor(pianist_graph(config), config, folder / "log")
        if config.view:
            print(f"live view: {config.view_url}; press Ctrl-C to end")
        try:
            _follow(watcher, supervisor, interrupts)
        finally:
            killed = supervisor.end()
    finally:
        watcher.destroy_node()
        rclpy.try_shutdown()
        for number, handler in previous.items():
            signal.signal(number, handler)
    if killed:
        tqdm.write(f"had to be killed: {', '.join(killed)}")
    return {
        "interrupted": bool(interrupts),
        "lost": supervisor.lost,
        "cpu_s": {name: round(cpu_s, 2) for name, cpu_s in supervisor.cpu_s.items()},
    }


def _follow(watcher: Watcher, supervisor: Supervisor, interrupts: list[int]) -> None:
    """Show progress until the song is over; with a live view, until it is interrupted."""
    first_s = began_s = math.nan
    bar = tqdm(
        total=1.0,
        bar_format="{desc}|{bar}| {postfix}",
        desc="planning",
        leave=False,
        disable=None,  # on a terminal only
    )
    lost: list[str] = []
    while not interrupts and ("view" in supervisor.pids or not watcher.finished):
        rclpy.spin_once(watcher, timeout_sec=0.1)
        for name in watcher.heartbeats.hung(supervisor.pids):
            tqdm.write(f"{name} hangs; it is killed")
            supervisor.kill(name)
        supervisor.check()
        for name in supervisor.lost[len(lost) :]:
            lost.append(name)
            tqdm.write(f"{name} has ended; the other nodes continue without it")
        if supervisor.lost and math.isnan(began_s):
            lost_name = supervisor.lost[0]
            why = supervisor.last_log_line(lost_name)
            raise GraphFailedError(f"{lost_name} ended before the song began: {why}")
        if watcher.score is None or watcher.score_time_s <= -watcher.score.lead_in_s:
            continue
        if math.isnan(began_s):
            first_s, began_s = watcher.score_time_s, time.monotonic()
            bar.set_description("playing")
        bar.total = watcher.score.duration_s
        bar.n = min(max(0.0, watcher.score_time_s), bar.total)
        factor = (watcher.score_time_s - first_s) / max(time.monotonic() - began_s, 1e-3)
        bar.set_postfix_str(
            f"{_clock(bar.n)} of {_clock(bar.total)}, F1 so far {watcher.f1:.3f}, x{factor:.1f}"
        )
    bar.close()


def _absolute(path: str) -> str:
    """Return the absolute path of an existing file; other names unchanged.

    A path that is not UTF-8, which ROS parameters cannot hold, becomes a file URI.
    """
    if not os.path.exists(path):
        return path
    absolute = Path(path).absolute()
    return str(absolute) if printable(absolute) == str(absolute) else absolute.as_uri()


def _clock(time_s: float) -> str:
    return f"{int(time_s) // 60}:{int(time_s) % 60:02d}"
