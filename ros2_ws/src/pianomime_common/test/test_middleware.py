"""What the middleware makes of our settings: by its threads and sockets."""

import os
import subprocess
import sys

import pytest

from pianomime_common.middleware import set_middleware_defaults

RANGE = "ROS_AUTOMATIC_DISCOVERY_RANGE"
PROFILE = "FASTRTPS_DEFAULT_PROFILES_FILE"
TRANSPORTS = "FASTDDS_BUILTIN_TRANSPORTS"

NODE = """
import os
from pathlib import Path
import rclpy
from pianomime_common.middleware import set_middleware_defaults

set_middleware_defaults()
rclpy.init()
node = rclpy.create_node("alone")
print(*{path.read_text().rpartition(".")[0] for path in Path("/proc/self/task").glob("*/comm")})
mine = {os.stat(path).st_ino for path in Path("/proc/self/fd").iterdir() if path.exists()}
for line in Path("/proc/self/net/udp").read_text().splitlines()[1:]:
    fields = line.split()
    if int(fields[9]) in mine:
        print(fields[1].partition(":")[0])
"""


@pytest.fixture
def nothing_set(monkeypatch):
    """An environment that says nothing, and that forgets what the test does to it."""
    for name in (RANGE, PROFILE, TRANSPORTS):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return monkeypatch


@pytest.mark.ros
@pytest.mark.parametrize("discovery_range", [None, "LOCALHOST"])
def test_a_node_stays_on_the_loopback_and_off_shared_memory(nothing_set, discovery_range):
    if discovery_range:
        nothing_set.setenv(RANGE, discovery_range)
    nothing_set.setenv("ROS_DOMAIN_ID", "60")
    node = subprocess.run(
        [sys.executable, "-c", NODE], check=True, capture_output=True, text=True, timeout=60
    )
    threads, *addresses = node.stdout.splitlines()
    assert "dds.udp" in threads
    assert "dds.shm" not in threads, "one that is killed would block the others"
    assert set(addresses) == {"0100007F"}, "127.0.0.1"


def test_who_widens_the_range_gets_the_network(nothing_set):
    nothing_set.setenv(RANGE, "SUBNET")
    set_middleware_defaults()
    assert os.environ[RANGE] == "SUBNET"
    assert PROFILE not in os.environ
    assert os.environ[TRANSPORTS].startswith("UDPv4")


def test_a_profile_of_ones_own_is_kept(nothing_set):
    nothing_set.setenv(PROFILE, "mine.xml")
    set_middleware_defaults()
    assert os.environ[PROFILE] == "mine.xml"
    assert RANGE not in os.environ


def test_the_settings_of_a_parent_hold_for_its_children(nothing_set):
    set_middleware_defaults()
    once = {name: os.environ.get(name) for name in (RANGE, PROFILE, TRANSPORTS)}
    set_middleware_defaults()
    assert {name: os.environ.get(name) for name in once} == once
