"""All commands except `doctor`, which must work where these cannot be imported."""

import argparse
import sys
from pathlib import Path
from typing import Any

from pianomime.performance.rendering import choose_backend

choose_backend()  # before anything imports mujoco

from pianomime.errors import PianoMimeError
from pianomime.performance.bag import read_performance
from pianomime.performance.recovery import readable, recover
from pianomime.performance.replay import changed_since, replay
from pianomime.score.midi import load_score
from pianomime.score.repertoire import repertoire
from pianomime_cli import bench, check, controllers, learn, perceive, play, report, security, train


def main() -> None:
    """Run a command: exit status 0 for success, 2 for bad input."""
    parser = argparse.ArgumentParser(
        prog="pianomime", description="Robot hands that play the piano."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    play.add_parser(commands)
    report.add_parser(commands)
    learn.add_parser(commands)
    perceive.add_parser(commands)
    train.add_parser(commands)
    bench.add_parser(commands)
    check.add_parser(commands)
    security.add_parser(commands)
    controllers.add_parser(commands)
    _add_songs(commands)
    _add_render(commands)
    _add_replay(commands)
    _add_recover(commands)
    commands.add_parser("doctor", help="list missing packages and how to install them")
    options = parser.parse_args()
    try:
        sys.exit(options.run(options))
    except PianoMimeError as error:
        print(f"pianomime: {error}", file=sys.stderr)
        sys.exit(2)


def _add_songs(commands: Any) -> None:
    parser = commands.add_parser("songs", help="list the bundled pieces")
    parser.set_defaults(run=_songs)


def _songs(_: argparse.Namespace) -> int:
    for name, path in repertoire().items():
        score = load_score(path)
        print(f"{name:28} {score.duration_s:6.1f} s {len(score.notes):5d} notes")
    return 0


def _add_render(commands: Any) -> None:
    parser = commands.add_parser("render", help="make a performance folder from a recorded bag")
    parser.add_argument("bag", type=Path, help="or performance folder")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to write to")
    parser.add_argument("--no-video", action="store_true", help="do not render a video")
    parser.set_defaults(run=_render)


def _render(options: argparse.Namespace) -> int:
    with readable(options.bag) as bag:
        performance = read_performance(bag)
    metrics = performance.metrics()
    play.create_folder(options.output)
    play.write_with_progress(performance, metrics, options.output, {}, video=not options.no_video)
    play.print_result(performance, metrics, options.output)
    return 0


def _add_replay(commands: Any) -> None:
    parser = commands.add_parser(
        "replay", help="replay a bag's commands in the simulation and compare the states"
    )
    parser.add_argument("bag", type=Path, help="or performance folder")
    parser.set_defaults(run=_replay)


def _replay(options: argparse.Namespace) -> int:
    with readable(options.bag) as bag:
        result, changed = replay(bag), changed_since(bag)
    f1 = [part.metrics()["f1"] for part in (result.recorded, result.replayed)]
    print(f"{result.steps} steps, F1 {f1[0]:.4f} in the bag, {f1[1]:.4f} replayed")
    if not result.difference:
        print("identical")
        return 0
    print(f"not identical: {result.difference}" + (f" ({changed})" if changed else ""))
    if result.by_the_clock:
        print("it was simulated in real time: late commands cannot be replayed exactly")
    return 1


def _add_recover(commands: Any) -> None:
    parser = commands.add_parser("recover", help="make a truncated bag readable again")
    parser.add_argument("bag", type=Path, help="or performance folder")
    parser.add_argument("-o", "--output", type=Path, required=True, help="bag to create")
    parser.set_defaults(run=_recover)


def _recover(options: argparse.Namespace) -> int:
    found = recover(options.bag, options.output)
    lost = "" if found.whole else "; the data after the last complete chunk is lost"
    print(f"{found.messages} messages, {found.seconds:.1f} s{lost}")
    print(options.output)
    return 0
