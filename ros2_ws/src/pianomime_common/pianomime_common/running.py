"""Run a node as a process with an orderly shutdown."""

import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Final

import rclpy
from rclpy.duration import Duration
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from pianomime.errors import PianoMimeError
from pianomime_common.middleware import set_middleware_defaults
from pianomime_common.piano_node import PianoNode

LEAVE_TIMEOUT_S: Final = 4.0
"""Maximum time from the signal to a node's exit [s]; launch kills after 5 s."""

ACK_TIMEOUT_S: Final = 0.2
"""Maximum wait for readers to acknowledge a node's last messages [s]."""


def run(make_node: Callable[[], PianoNode]) -> None:
    """Spin a node until SIGINT or SIGTERM, shut it down and exit: status 0, or 2 for bad input."""
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
        if node.config.autostart:
            node.start()
        while not asked:
            executor.spin_once(timeout_sec=0.1)
        left = _leave(node, executor)  # noqa: F841  lives until the process ends
    except PianoMimeError as error:
        print(error, file=sys.stderr)
        status = 2
    except ExternalShutdownException:
        pass
    rclpy.try_shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # not sys.exit, which would destroy the participant


def _leave(node: PianoNode, executor: SingleThreadedExecutor) -> Node:
    """Shut a node down and destroy it; return a hidden node that keeps the DDS participant."""
    if node.is_active:
        node.begin_leaving()
        deadline_s = time.monotonic() + LEAVE_TIMEOUT_S
        while not node.may_leave() and time.monotonic() < deadline_s:
            executor.spin_once(timeout_sec=0.02)
        deadline_s = time.monotonic() + ACK_TIMEOUT_S
        for publisher in list(node.publishers):
            left_s = max(0.0, deadline_s - time.monotonic())
            publisher.wait_for_all_acked(Duration(seconds=left_s))
    if node.is_alive:
        node.trigger_shutdown()
    # Destroying a context's last node destroys the DDS participant. While other processes leave,
    # this can deadlock with a discovery callback (Fast DDS 2.14, `set_listener`). So a hidden node
    # remains until the process ends; peers drop it when its lease expires.
    last = rclpy.create_node(
        "_left", use_global_arguments=False, enable_rosout=False, start_parameter_services=False
    )
    node.destroy_node()
    return last
