import re
import resource
import shutil
from contextlib import contextmanager

import pytest
from mcap.writer import Writer as McapWriter
from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_typestore

from pianomime.errors import OutputError
from pianomime.performance.bag import BagError, custom_data, is_cut_off
from pianomime.performance.bag_writer import open_writer
from pianomime.performance.recovery import readable, recover

STORE = get_typestore(Stores.ROS2_JAZZY)
SIZE = 10_000
COUNT = 400


@pytest.fixture
def bag(tmp_path):
    """A bag of 4 MB: three whole chunks of 1 MiB and a rest."""
    text = STORE.types["std_msgs/msg/String"]
    writer = open_writer(tmp_path / "bag")
    writer.set_custom_data("embodiment", "pianomime")
    writer.set_custom_data("take", "3")  # which YAML takes for a number
    connection = writer.add_connection("/text", text.__msgtype__, typestore=STORE)
    for i in range(COUNT):
        data = STORE.serialize_cdr(text(data=f"{i:0{SIZE}}"), text.__msgtype__)
        writer.write(connection, i * 10**9, data)
    writer.close()
    return tmp_path / "bag"


def texts(bag):
    with AnyReader([bag]) as reader:
        return [
            int(reader.deserialize(data, connection.msgtype).data[-9:])
            for connection, _, data in reader.messages()
        ]


def cut(bag, share):
    (bag / "metadata.yaml").unlink()
    file = bag / "bag_0.mcap"
    file.write_bytes(file.read_bytes()[: round(file.stat().st_size * share)])


def test_what_was_whole_comes_back_whole(bag, tmp_path):
    found = recover(bag, tmp_path / "again")
    assert (found.messages, found.whole, found.seconds) == (COUNT, True, COUNT - 1)
    assert texts(tmp_path / "again") == list(range(COUNT))
    assert custom_data(tmp_path / "again") == {"embodiment": "pianomime", "take": "3"}


def test_all_files_of_a_split_bag_are_saved_in_their_order(bag, tmp_path):
    """rosbag2 numbers the files without padding."""
    split = tmp_path / "split"
    split.mkdir()
    for number in (2, 10):
        shutil.copy(bag / "bag_0.mcap", split / f"bag_{number}.mcap")
    found = recover(split, tmp_path / "again")
    assert (found.messages, found.whole) == (2 * COUNT, True)


def test_a_bag_that_lost_its_end_is_recovered_for_its_readers(bag):
    with readable(bag) as whole:
        assert whole == bag
    file = bag / "bag_0.mcap"
    file.write_bytes(file.read_bytes()[:-60])
    assert is_cut_off(bag), "whatever its metadata say"
    with readable(bag) as recovered:
        assert texts(recovered) == list(range(COUNT))


def test_what_is_no_bag_of_ros_or_no_place_for_one_is_named(bag, tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(OutputError, match=r"there: cannot be written .*exists already"):
        recover(bag, tmp_path / "there")
    with (tmp_path / "other.mcap").open("wb") as stream:
        writer = McapWriter(stream)
        writer.start()
        schema = writer.register_schema("Note", "protobuf", b"")
        channel = writer.register_channel("/notes", "protobuf", schema)
        writer.add_message(channel, 1, b"", 1)
        writer.finish()
    with pytest.raises(BagError, match=r"other\.mcap: of 'protobuf', not of ROS 2"):
        recover(tmp_path / "other.mcap", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_files_are_named_as_rosbag2_names_them(bag, tmp_path):
    recover(bag, tmp_path / "again")
    for folder in (bag, tmp_path / "again"):
        file = next(folder.glob("*.mcap"))
        # rosbag2_cpp's Reindexer looks for this; and the metadata has to know the name, too.
        assert re.fullmatch(rf"{folder.name}_0\.mcap", file.name)
        assert f"- {file.name}" in (folder / "metadata.yaml").read_text()


@contextmanager
def largest_file(size):
    """Let no file grow beyond this, as on a disk that is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("size", [10, 5_000, 900_000, (1 << 20) + 50_000, 3_000_000, 4_000_000])
def test_a_full_disk_is_told_wherever_it_strikes(bag, tmp_path, size):
    with largest_file(size), pytest.raises(OutputError, match="cannot be written"):
        recover(bag, tmp_path / "again")
    assert texts(bag) == list(range(COUNT)), "what was there is still there"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.999])
def test_of_a_bag_that_was_cut_off_only_the_open_chunk_is_lost(bag, tmp_path, share):
    cut(bag, share)
    found = recover(bag, tmp_path / "again")
    assert not found.whole
    saved = texts(tmp_path / "again")
    assert saved == list(range(len(saved)))
    assert len(saved) * SIZE >= share * COUNT * SIZE - (1 << 20) - 2 * SIZE


def test_a_bag_without_a_whole_chunk_is_refused(bag, tmp_path):
    cut(bag, 0.1)
    with pytest.raises(BagError, match="nothing to recover"):
        recover(bag, tmp_path / "again")
    with pytest.raises(BagError, match=r"no \.mcap file there"):
        recover(tmp_path / "nowhere", tmp_path / "again")
    assert not (tmp_path / "again").exists()
