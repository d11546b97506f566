"""Measure what a node's steps take, and tell /diagnostics once a second."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from pianomime_common.topics import DIAGNOSTICS


class Timing:
    """Named durations and counters of one node."""

    def __init__(self, node: Node) -> None:
        """Publish for `node` on a steady clock, so that a paused simulation is still seen."""
        self._node = node
        self._durations: dict[str, list[float]] = {}
        self._counts: dict[str, int] = {}
        self._publisher = node.create_publisher(DIAGNOSTICS.type, DIAGNOSTICS.name, DIAGNOSTICS.qos)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        node.create_timer(1.0, self._publish, clock=steady)

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Take the duration of a block."""
        began_s = time.perf_counter()
        yield
        self.add(name, time.perf_counter() - began_s)

    def add(self, name: str, duration_s: float) -> None:
        """Take a duration [s]."""
        self._durations.setdefault(name, []).append(duration_s)

    def count(self, name: str, total: int) -> None:
        """Set a counter."""
        self._counts[name] = total

    def _publish(self) -> None:
        values = [KeyValue(key=name, value=str(total)) for name, total in self._counts.items()]
        for name, durations in self._durations.items():
            if durations:
                p50, p99 = np.percentile(durations, (50, 99)) * 1e3
                values += [
                    KeyValue(key=f"{name} p50 [ms]", value=f"{p50:.3f}"),
                    KeyValue(key=f"{name} p99 [ms]", value=f"{p99:.3f}"),
                    KeyValue(key=f"{name} count", value=str(len(durations))),
                ]
                durations.clear()
        name = f"{self._node.get_name()}: timing"
        status = DiagnosticStatus(level=DiagnosticStatus.OK, name=name, values=values)
        message = DiagnosticArray(status=[status])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)
