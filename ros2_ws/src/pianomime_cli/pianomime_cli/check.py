"""`pianomime check backend`: do these hands and this piano keep the contract?"""

import argparse
from typing import Any

import rclpy

from pianomime.timing import Timing
from pianomime_bringup.arguments import add_options, timing_of
from pianomime_bringup.graph import GraphConfig
from pianomime_cli.backend_contract import BackendContract
from pianomime_cli.hands_option import add_hands, hands_of
from pianomime_common.middleware import set_middleware_defaults


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("check", help="check hands and a piano that are to be played on")
    what = parser.add_subparsers(required=True, metavar="WHAT")
    backend = what.add_parser(
        "backend",
        help="running drivers, or the simulation with real_time:=true",
        description="Listens, lifts the hands a little and one up to its end stop, sends "
        "commands that are not to be obeyed, and presses the pedal. Run no gate meanwhile.",
    )
    add_hands(backend)
    backend.add_argument("--namespace", default="", help="of the hands' and the piano's topics")
    add_options(backend, Timing, skip=set())
    backend.set_defaults(run=_backend)


def _backend(options: argparse.Namespace) -> int:
    graph = GraphConfig(namespace=options.namespace)  # checks it
    set_middleware_defaults()
    rclpy.init()
    contract = BackendContract(hands_of(options), graph, timing_of(options))
    broken = 0
    try:
        for check in contract.run():
            broken += not check.holds
            verdict = "ok    " if check.holds else "BROKEN"
            print(f"{verdict} {check.what}: {check.seen} (wanted: {check.wanted})", flush=True)
    finally:
        contract.destroy_node()
        rclpy.try_shutdown()
    print("the contract is kept" if not broken else f"{broken} clauses of the contract are broken")
    return 1 if broken else 0
