"""Diagnostics of a node, published once a second and immediately for a new problem."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from pianomime_common.topics import DIAGNOSTICS

PERIOD_S = 1.0


def statuses_in(message: DiagnosticArray, namespace: str) -> Iterator[tuple[str, DiagnosticStatus]]:
    """Yield (node name, status) of the nodes in a namespace."""
    for status in message.status:
        node_namespace, _, name = status.name.partition(":")[0].rpartition("/")
        if node_namespace == namespace.strip("/"):
            yield name, status


class Diagnostics:
    """Publisher of a node's durations, rates, counters, facts and problems; also its heartbeat."""

    def __init__(self, node: Node) -> None:
        """Publish for `node` on a steady clock, which continues while a simulation is paused."""
        self._node = node
        self._durations: dict[str, list[float]] = {}
        self._received: dict[str, int] = {}
        self._counts: dict[str, int] = {}
        self._facts: dict[str, str] = {}
        self._problems: dict[str, str] = {}
        self._published_s = time.monotonic()
        self._publisher = node.create_publisher(DIAGNOSTICS.type, DIAGNOSTICS.name, DIAGNOSTICS.qos)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        node.create_timer(PERIOD_S, self._publish, clock=steady)

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Measure the duration of a block."""
        began_s = time.perf_counter()
        yield
        self.add(name, time.perf_counter() - began_s)

    def add(self, name: str, duration_s: float) -> None:
        """Add a duration [s]."""
        self._durations.setdefault(name, []).append(duration_s)

    def received(self, topic: str) -> None:
        """Count a received message of `topic`."""
        self._received[topic] = self._received.get(topic, 0) + 1

    def count(self, name: str, total: int) -> None:
        """Set a counter."""
        self._counts[name] = total

    def set_status(self, name: str, value: str) -> None:
        """Set a fact."""
        self._facts[name] = value

    def problem(self, name: str, what: str) -> None:
        """Report an error until it is `solved`; a new error is published immediately."""
        if self._problems.get(name) != what:
            if name not in self._problems:
                self._node.get_logger().error(f"{name}: {what}")
            self._problems[name] = what
            self._publish()

    def solved(self, name: str) -> None:
        """Clear a problem, if there is one."""
        if self._problems.pop(name, None) is not None:
            self._publish()

    def _publish(self) -> None:
        now_s = time.monotonic()
        since_s, self._published_s = max(now_s - self._published_s, 1e-3), now_s
        values = dict(self._facts)
        values |= {name: str(total) for name, total in self._counts.items()}
        for topic, messages in self._received.items():
            values[f"{topic} [Hz]"] = f"{messages / since_s:.1f}"
            self._received[topic] = 0
        for name, durations in self._durations.items():
            if durations:
                p50, p99 = np.percentile(durations, (50, 99)) * 1e3
                values[f"{name} p50 [ms]"] = f"{p50:.3f}"
                values[f"{name} p99 [ms]"] = f"{p99:.3f}"
                values[f"{name} count"] = str(len(durations))
                durations.clear()
        status = DiagnosticStatus(
            level=DiagnosticStatus.ERROR if self._problems else DiagnosticStatus.OK,
            name=f"{self._node.get_fully_qualified_name().lstrip('/')}: state",
            message="; ".join(f"{name}: {what}" for name, what in self._problems.items()),
            values=[KeyValue(key=key, value=value) for key, value in values.items()],
        )
        message = DiagnosticArray(status=[status])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)
