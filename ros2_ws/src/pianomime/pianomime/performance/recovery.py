"""Recovery of bags truncated by a killed recorder or a full disk."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from struct import error as StructError  # noqa: N812

import yaml
from mcap.exceptions import McapError
from mcap.records import Channel, Message, Metadata, Schema
from mcap.stream_reader import StreamReader
from rosbags.rosbag2 import Writer
from rosbags.rosbag2.metadata import parse_qos
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from pianomime.errors import OutputError
from pianomime.performance.bag import BagError, bag_of, is_cut_off
from pianomime.performance.bag_writer import abandon, open_writer


@dataclass(frozen=True)
class Recovered:
    """Result of a recovery.

    Attributes:
        messages: Number of recovered messages.
        seconds: Time from the first to the last message [s].
        whole: Whether the files were complete.
    """

    messages: int
    seconds: float
    whole: bool


def recover(bag: Path, output: Path) -> Recovered:
    """Copy the intact chunks of all files of a bag into a new bag with index and metadata.

    A performance folder stands for the bag inside it. The recorder's custom metadata is copied if
    a file is complete.

    Raises:
        BagError: There is nothing to recover.
        OutputError: `output` cannot be written.
    """
    bag = bag_of(bag)
    files = sorted(bag.glob("*.mcap"), key=_number) if bag.is_dir() else [bag]
    if not files or not files[0].is_file():
        raise BagError(f"{bag}: no .mcap file there")
    readings = [_Reading(file) for file in files]
    records = chain.from_iterable(readings)
    first = next(records, None)
    if first is None:
        raise BagError(f"{bag}: cut off before its first chunk was written; nothing to recover")
    writer = open_writer(output)
    copy = _Copy(writer)
    try:
        copy.write(*first)
        for record in records:
            copy.write(*record)
        for reading in readings:
            for name, value in reading.custom_data.items():
                writer.set_custom_data(name, value)
        writer.close()
    except OSError as error:
        abandon(writer)
        raise OutputError(f"{output}: cannot be written ({error})") from error
    return Recovered(
        copy.messages, (copy.last_ns - copy.first_ns) * 1e-9, all(r.whole for r in readings)
    )


def _number(file: Path) -> tuple[int, str]:
    """Return the sort key of a bag's file: rosbag2 numbers files without leading zeros."""
    number = file.stem.rpartition("_")[2]
    return (int(number) if number.isdigit() else 0), file.name


@contextmanager
def readable(bag: Path) -> Iterator[Path]:
    """Yield the path of a readable bag: `bag` itself, or a temporary recovered copy if truncated.

    Args:
        bag: Bag, or performance folder.

    Raises:
        BagError: There is nothing to recover.
    """
    path = bag_of(bag)
    if not is_cut_off(path):
        yield path  # if it is no bag, the reader raises the error
        return
    with tempfile.TemporaryDirectory() as folder:
        recover(path, Path(folder, "bag"))
        yield Path(folder, "bag")


class _Reading:
    """Iterable over the messages of a file, up to its end or the first broken record."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.whole = False
        self.custom_data: dict[str, str] = {}

    def __iter__(self) -> Iterator[tuple[Schema, Channel, Message]]:
        schemas: dict[int, Schema] = {}
        channels: dict[int, Channel] = {}
        with self._path.open("rb") as stream:
            try:
                for record in StreamReader(stream).records:
                    if isinstance(record, Schema):
                        if record.encoding != "ros2msg":
                            raise BagError(f"{self._path}: of {record.encoding!r}, not of ROS 2")
                        schemas[record.id] = record
                    elif isinstance(record, Metadata) and record.name == "rosbag2":
                        self.custom_data = _custom_data(record)
                    elif isinstance(record, Channel):
                        channels[record.id] = record
                    elif isinstance(record, Message):
                        channel = channels[record.channel_id]
                        yield schemas[channel.schema_id], channel, record
            except (McapError, StructError, EOFError, ValueError):
                return
        self.whole = True


def _custom_data(record: Metadata) -> dict[str, str]:
    """Return the custom data in a file's metadata record."""
    try:
        metadata = yaml.safe_load(record.metadata.get("serialized_metadata", "")) or {}
    except yaml.YAMLError:
        return {}
    return {str(name): str(value) for name, value in (metadata.get("custom_data") or {}).items()}


class _Copy:
    """Copier of records into a new bag."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._store = get_typestore(Stores.ROS2_JAZZY)
        self._connections: dict[str, object] = {}  # by topic: channel ids differ between files
        self.messages = self.first_ns = self.last_ns = 0

    def write(self, schema: Schema, channel: Channel, message: Message) -> None:
        if channel.topic not in self._connections:
            text = schema.data.decode()
            types = get_types_from_msg(text, schema.name)
            new = {name: t for name, t in types.items() if name not in self._store.fielddefs}
            self._store.register(new)
            self._connections[channel.topic] = self._writer.add_connection(
                channel.topic,
                schema.name,
                msgdef=text,
                rihs01=self._store.hash_rihs01(schema.name),
                offered_qos_profiles=parse_qos(channel.metadata.get("offered_qos_profiles", "")),
            )
        time_ns = message.log_time
        self._writer.write(self._connections[channel.topic], time_ns, message.data)  # type: ignore[arg-type]
        self.first_ns = time_ns if self.messages == 0 else min(self.first_ns, time_ns)
        self.last_ns = max(self.last_ns, time_ns)
        self.messages += 1
