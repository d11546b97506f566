"""Is a graph there, and does none of its nodes complain? Exit status 0 if so.

Listens to /diagnostics, on which each node says once a second how it is; only the nodes in the
namespace PIANOMIME_NAMESPACE count, for others may be on the same network.
"""

import os
import sys
import time

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus

from pianomime_common.diagnostics import statuses_in
from pianomime_common.middleware import set_middleware_defaults
from pianomime_common.topics import DIAGNOSTICS

LISTEN_S = 4.0


def main() -> None:
    """Exit with an error if a node reports a problem, or if no node is found."""
    set_middleware_defaults()
    rclpy.init()
    node = rclpy.create_node("healthcheck")
    namespace = os.environ.get("PIANOMIME_NAMESPACE", "")
    levels: dict[str, bytes] = {}

    def on_diagnostics(message: DiagnosticArray) -> None:
        levels.update({status.name: status.level for _, status in statuses_in(message, namespace)})

    node.create_subscription(DIAGNOSTICS.type, DIAGNOSTICS.name, on_diagnostics, DIAGNOSTICS.qos)
    ends_s = time.monotonic() + LISTEN_S
    while time.monotonic() < ends_s:
        rclpy.spin_once(node, timeout_sec=0.1)
    rclpy.shutdown()
    bad = sorted(name for name, level in levels.items() if level != DiagnosticStatus.OK)
    if not levels:
        sys.exit("no node says anything")
    if bad:
        sys.exit(f"trouble: {', '.join(bad)}")
    print(f"{len(levels)} nodes, all well")


if __name__ == "__main__":
    main()
