"""Recorder node: writes the serialised messages of all topics to a rosbag2 bag (MCAP)."""

import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Final

from rclpy.client import Client
from rclpy.qos import DurabilityPolicy, QoSProfile
from rosbags.interfaces import (
    Connection,
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import Writer
from std_srvs.srv import SetBool

from pianomime.hands.embodiment import embodiment
from pianomime.performance.bag_writer import abandon, open_writer
from pianomime.simulation.model import content_hash
from pianomime_common import topics
from pianomime_common.piano_node import PianoNode
from pianomime_common.running import run
from pianomime_common.source_subscriptions import SourceSubscriptions
from pianomime_recorder.log_time import log_time_ns, stamp_offset
from pianomime_recorder.message_types import MessageTypes
from pianomime_recorder.recorder_config import RecorderConfig

_IRREGULAR: Final = (
    topics.FINGERING, topics.MIDI_OUT, topics.DIAGNOSTICS,
    topics.ROBOT_DESCRIPTION, topics.TF, topics.TF_STATIC,
)  # fmt: skip
"""Topics that may be silent before the first step, or whose node is optional."""

VERSIONED: Final = ("pianomime", "mujoco", "robopianist", "numpy")
"""Packages whose versions are stored in the bag, because a run depends on them."""

QUIET_S: Final = 0.1
"""Silence after which no more messages are expected at shutdown [s]."""


class RecorderNode(PianoNode):
    """Recorder node; records until no node publishes joint states."""

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__("recorder", RecorderConfig)
        self._writer: Writer | None = None
        self._forget()

    def configure(self) -> None:
        """Open the bag.

        Raises:
            OutputError: The bag's folder exists already or cannot be made.
        """
        config = self.config
        self._hands = embodiment(config.embodiment)
        self._writer = open_writer(Path(config.bag))
        self._writer.set_custom_data("embodiment", self._hands.identity)
        self._writer.set_custom_data("hands", self._hands.text)
        self._writer.set_custom_data("model", content_hash(self._hands))
        self._writer.set_custom_data("arguments", config.arguments)
        for package in VERSIONED:
            self._writer.set_custom_data(f"{package} version", version(package))
        self._connections: dict[str, Connection] = {}  # by the topics' relative names
        self._stamp_at: dict[str, int | None] = {}
        self._types = MessageTypes()
        for topic in topics.all_topics(config.source_names, self._hands):
            self._connect(topic)

    def activate(self) -> None:
        """Subscribe to all topics."""
        config = self.config
        self._forget()
        self._release = self.create_client(SetBool, config.release) if config.release else None
        self._received_s = time.monotonic()
        self._missing = {
            self.resolve_topic_name(topic.name)
            for topic in topics.all_topics(config.source_names, self._hands)
            if self._release is not None and topic not in _IRREGULAR
        }
        self._sources = SourceSubscriptions(self._record_source, self._forget_source)
        self._follow_sources()
        for topic in topics.all_topics((), self._hands):
            self._record(topic)

    def reconfigured(self) -> None:
        """Record the requests of the newly configured sources."""
        if self._writer is not None:
            self._follow_sources()

    def _follow_sources(self) -> None:
        """Record the requests of exactly the configured sources."""
        self._sources.follow(self.config.source_names)
        self._commands = {self._request_topic(source) for source in self.config.source_names}

    def _record_source(self, source: str) -> Callable[[], None]:
        return self._record(topics.controller_command(source))

    def _forget_source(self, source: str) -> None:
        self._missing.discard(self._request_topic(source))

    def _request_topic(self, source: str) -> str:
        return self.resolve_topic_name(topics.controller_command(source).name)

    def _record(self, topic: topics.Topic) -> Callable[[], None]:
        """Start recording a topic; return a function that ends it."""
        callback = partial(self._on_message, self._connect(topic))
        return self.listen(topic, callback, everything=True)

    def _connect(self, topic: topics.Topic) -> Connection:
        """Return the bag's connection for a topic; add it if necessary."""
        if topic.name not in self._connections:
            assert self._writer is not None
            connection = self._writer.add_connection(
                self.resolve_topic_name(topic.name),
                **self._types.of(topic.type_name),
                offered_qos_profiles=[_qos(topic.qos)],
            )
            self._connections[topic.name] = connection
            self._stamp_at[connection.topic] = stamp_offset(topic.type)
        return self._connections[topic.name]

    def deactivate(self) -> None:
        """Destroy the client of the simulation."""
        if self._release is not None:
            self.destroy_client(self._release)
            self._release = None

    def may_leave(self) -> bool:
        """Stay while joint states are published or messages arrive."""
        quiet_s = time.monotonic() - self._received_s
        return not self.is_published(topics.JOINT_STATES) and quiet_s > QUIET_S

    def release(self) -> None:
        """Close the bag, so that it has its index and metadata."""
        writer, self._writer = self._writer, None
        if writer is None:
            return
        try:
            for connection, data in self._early:
                writer.write(connection, 0, data)
            if self._first is not None:
                played_s = (self._last[0] - self._first[0]) * 1e-9
                writer.set_custom_data("played_s", str(played_s))
                writer.set_custom_data("wall_s", str(self._last[1] - self._first[1]))
            writer.close()
        except OSError as error:
            abandon(writer)
            self.get_logger().error(f"{self.config.bag}: not closed ({error.strerror}); recover it")

    def _forget(self) -> None:
        """Clear the state of an earlier recording."""
        self._early: list[tuple[Connection, bytes]] = []  # received before the first clock
        # Simulated [ns] and wall time [s] of the first and the last command.
        self._first: tuple[int, float] | None = None
        self._last = (0, 0.0)

    def _on_message(self, connection: Connection, data: bytes) -> None:
        self._received_s = time.monotonic()
        if self._missing:
            self._missing.discard(connection.topic)
            if not self._missing and self._release is not None:
                self._start_simulation(self._release)
        now_ns = self.get_clock().now().nanoseconds
        if now_ns == 0:
            self._early.append((connection, data))
            return
        if connection.topic in self._commands and not self._missing:
            self._last = (now_ns, time.monotonic())
            self._first = self._first or self._last
        early, self._early = self._early, []
        for source, message in (*early, (connection, data)):
            self._write(source, message, log_time_ns(message, self._stamp_at[source.topic], now_ns))

    def _write(self, connection: Connection, data: bytes, time_ns: int) -> None:
        """Write a message; on failure stop recording, and let the other nodes continue."""
        if self._writer is None:
            return
        try:
            self._writer.write(connection, time_ns, data)
        except OSError as error:
            self.diagnostics.problem(self.config.bag, f"{error.strerror}; nothing more is recorded")
            abandon(self._writer)
            self._writer = None

    def _start_simulation(self, set_pause: Client) -> None:
        """Start the paused simulation; every topic is subscribed now."""
        if set_pause.service_is_ready():
            set_pause.call_async(SetBool.Request(data=False))
        else:
            # Try again at the next clock message.
            self._missing.add(self.resolve_topic_name(topics.CLOCK.name))


def _qos(profile: QoSProfile) -> Qos:
    latched = profile.durability == DurabilityPolicy.TRANSIENT_LOCAL
    forever = QosTime(2147483647, 4294967295)
    return Qos(
        history=QosHistory.KEEP_LAST,
        depth=profile.depth,
        reliability=QosReliability.RELIABLE,
        durability=QosDurability.TRANSIENT_LOCAL if latched else QosDurability.VOLATILE,
        deadline=forever,
        lifespan=forever,
        liveliness=QosLiveliness.AUTOMATIC,
        liveliness_lease_duration=forever,
        avoid_ros_namespace_conventions=False,
    )


def main() -> None:
    """Run the node."""
    run(RecorderNode)


if __name__ == "__main__":
    main()
