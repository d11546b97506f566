"""Run one node as a process that ends well."""

import signal
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.signals import SignalHandlerOptions

from pianomime.errors import PianoMimeError
from pianomime_common.middleware import set_middleware_defaults
from pianomime_common.topics import Topic

LEAVE_TIMEOUT_S: Final = 4.0
"""Longest a node stays after it was asked to leave; launch kills after 5 s."""


class PianoNode(Node):
    """A node that is told when the process is to end, and says when it may.

    On SIGINT and SIGTERM every node of the graph is told at once. The order in which they leave
    follows the flow of data: the gate lifts the fingers, the simulation stays while anybody
    commands it, the recorder while there is anything to record.
    """

    def begin_leaving(self) -> None:
        """Start whatever has to be done before the process ends."""

    def may_leave(self) -> bool:
        """Return whether that is done."""
        return True

    def advertise(self, topic: Topic) -> Publisher:
        """Return a publisher of `topic`."""
        return self.create_publisher(topic.type, topic.name, topic.qos)

    def listen(self, topic: Topic, callback: Callable[[Any], None]) -> None:
        """Call `callback` with each message of `topic`."""
        self.create_subscription(topic.type, topic.name, callback, topic.reader_qos)

    def is_published(self, topic: Topic) -> bool:
        """Return whether any node still publishes `topic`."""
        return self.count_publishers(topic.name) > 0


def run(make_node: Callable[[], PianoNode]) -> None:
    """Spin a node until SIGINT or SIGTERM, let it finish, and exit: 0 well, 2 for bad input."""
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: asked.append(received))
    set_middleware_defaults()
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    status = 0
    try:
        node = make_node()
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        while not asked:
            executor.spin_once(timeout_sec=0.1)
        node.begin_leaving()
        deadline_s = time.monotonic() + LEAVE_TIMEOUT_S
        while not node.may_leave() and time.monotonic() < deadline_s:
            executor.spin_once(timeout_sec=0.02)
        node.destroy_node()
    except PianoMimeError as error:
        print(error, file=sys.stderr)
        status = 2
    except ExternalShutdownException:
        pass
    finally:
        rclpy.try_shutdown()
    sys.exit(status)
