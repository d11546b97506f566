"""`pianomime controllers`: list the available controllers."""

import argparse
import sys
from typing import Any

from pianomime.controllers.registry import controller_table


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "controllers", help="list the controllers of this project and of other installed packages"
    )
    parser.set_defaults(run=_controllers)


def _controllers(_: argparse.Namespace) -> int:
    for row in controller_table().rows.values():
        files = "".join(f" --{name}" for name in row.files)
        bench = ", ".join(preparation.name for preparation in row.preparations)
        print(f"{row.name:20} {row.description} ({row.package})")
        print(f"{'':20} play --controller {row.name}{files}; bench: {bench or 'no'}")
    print_broken_controllers()
    return 0


def print_broken_controllers() -> None:
    """Print a line for each installed controller that cannot be used."""
    for _, why in controller_table().broken:
        print(f"pianomime: {why}", file=sys.stderr)
