"""Writer of bags in rosbag2's own layout."""

from contextlib import suppress
from pathlib import Path

from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.rosbag2.errors import WriterError

from pianomime.errors import OutputError


def open_writer(bag: Path) -> Writer:
    """Open a writer of a new bag with MCAP storage; the caller must close or abandon it.

    Raises:
        OutputError: The bag exists already, or cannot be created.
    """
    try:
        writer = Writer(bag, version=9, storage_plugin=StoragePlugin.MCAP)
        writer.open()
        # rosbags omits the file number; without it `ros2 bag reindex` does not find the file.
        storage = writer.storage
        assert storage is not None
        storage.path = storage.path.rename(storage.path.with_stem(f"{bag.name}_0"))
    except (OSError, WriterError) as error:
        raise OutputError(f"{bag}: cannot be written ({error})") from error
    return writer


def abandon(writer: Writer) -> None:
    """Close a bag that can no longer be written; its file can be recovered."""
    with suppress(OSError):  # abort flushes buffered data, perhaps to a full disk
        writer.abort()
