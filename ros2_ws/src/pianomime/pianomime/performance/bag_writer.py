"""Write bags as rosbag2 itself lays them out."""

from contextlib import suppress
from pathlib import Path

from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.rosbag2.errors import WriterError

from pianomime.errors import OutputError


def open_writer(bag: Path) -> Writer:
    """Return the open writer of a new bag with MCAP storage; to be closed, or abandoned.

    Raises:
        OutputError: The bag exists already, or cannot be made.
    """
    try:
        writer = Writer(bag, version=9, storage_plugin=StoragePlugin.MCAP)
        writer.open()
        # rosbags leaves the number out, without which `ros2 bag reindex` does not see the file.
        storage = writer.storage
        assert storage is not None
        storage.path = storage.path.rename(storage.path.with_stem(f"{bag.name}_0"))
    except (OSError, WriterError) as error:
        raise OutputError(f"{bag}: cannot be written ({error})") from error
    return writer


def abandon(writer: Writer) -> None:
    """Let go of a bag that cannot be written on; what its file has can be recovered."""
    with suppress(OSError):  # it writes what it still holds, to where there may be no room
        writer.abort()
