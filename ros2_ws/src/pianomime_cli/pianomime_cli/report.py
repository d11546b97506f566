"""`pianomime report`: one page of any number of performances."""

import argparse
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pianomime.performance.bag import read_performance
from pianomime.performance.recovery import readable
from pianomime.reporting.health import read_health
from pianomime.reporting.report import Reported, film, write_report


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "report",
        help="write an HTML report of performances and their mistakes",
        description=__doc__,
    )
    parser.add_argument("bags", type=Path, nargs="+", metavar="BAG", help="or performance folder")
    parser.add_argument("-o", "--output", type=Path, default=Path("report.html"))
    parser.add_argument("--no-video", action="store_true", help="do not embed videos")
    parser.set_defaults(run=report)


def report(options: argparse.Namespace) -> int:
    """Run the command; returns the exit status."""
    reported = [_read(bag, video=not options.no_video) for bag in options.bags]
    write_report(reported, options.output)
    print(options.output)
    return 0


def _read(bag: Path, *, video: bool) -> Reported:
    with readable(bag) as path:
        performance, health = read_performance(path), read_health(path)
    name = bag.parent.name if bag.name == "bag" and bag.parent.name else bag.name
    if not video:
        return Reported(name, performance, health, None)
    with tqdm(
        total=len(performance.time_s), desc=f"video of {name}", unit="frame", disable=None
    ) as frames:
        return Reported(name, performance, health, film(performance, lambda: frames.update(1)))
