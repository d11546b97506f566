"""`pianomime check backend`: check hands and piano against the backend contract."""

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
    parser = commands.add_parser("check", help="check a backend of hands and piano")
    what = parser.add_subparsers(required=True, metavar="WHAT")
    backend = what.add_parser(
        "backend",
        help="running drivers, or the simulation with real_time:=true",
        description="Subscribes, raises the hands a little and one to its end stop, sends "
        "invalid commands, and presses the pedal. Do not run a gate at the same time.",
    )
    add_hands(backend)
    backend.add_argument("--namespace", default="", help="namespace of the backend's topics")
    add_options(backend, Timing, skip=set())
    backend.set_defaults(run=_backend)


def _backend(options: argparse.Namespace) -> int:
    graph = GraphConfig(namespace=options.namespace)  # validates it
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
