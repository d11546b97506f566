"""The supervisor with processes of its own, without ROS."""

import os
import signal
import time
from pathlib import Path

import pytest

from pianomime_bringup.graph import GraphConfig, NodeSpec, OnDeath
from pianomime_cli.supervisor import RESPAWNS, GraphFailedError, Supervisor

NAMES = ("one", "two", "three")
LIVES = "import time\ntime.sleep(60)\n"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Three nodes that do nothing, as modules."""
    (tmp_path / "idlers").mkdir()
    for name in NAMES:
        (tmp_path / f"idlers/{name}_node.py").write_text(LIVES)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    return tmp_path


def supervise(package, on_death=OnDeath.RESPAWN):
    nodes = [NodeSpec(package="idlers", executable=n, name=n, on_death=on_death) for n in NAMES]
    return Supervisor(nodes, GraphConfig(), package / "log")


def is_dead(pid):
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):  # it had been adopted
        return True


def wait_for_death(pids):
    deadline_s = time.monotonic() + 10
    for pid in pids:
        while not is_dead(pid):
            assert time.monotonic() < deadline_s
            time.sleep(0.01)


def test_nodes_that_die_at_the_same_time_are_all_started_again(package):
    supervisor = supervise(package)
    try:
        before = supervisor.pids
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        wait_for_death(before.values())
        supervisor.check()
        assert list(supervisor.pids) == list(NAMES)
        assert not set(supervisor.pids.values()) & set(before.values())
    finally:
        assert supervisor.end() == []
    assert supervisor.pids == {}


def test_a_node_that_dies_again_and_again_ends_the_graph(package):
    (package / "idlers/two_node.py").write_text("raise SystemExit('no luck')\n")
    supervisor = supervise(package)
    try:
        for _ in range(RESPAWNS):
            wait_for_death([supervisor.pids["two"]])
            supervisor.check()
        wait_for_death([supervisor.pids["two"]])
        with pytest.raises(GraphFailedError, match="two ended with status 1: no luck"):
            supervisor.check()
    finally:
        supervisor.end()


def test_what_the_others_can_do_without_is_lost(package):
    supervisor = supervise(package, OnDeath.GO_ON)
    try:
        supervisor.kill("three")
        wait_for_death([supervisor.pids["three"]])
        supervisor.check()
        assert supervisor.lost == ["three"]
        assert list(supervisor.pids) == ["one", "two"]
    finally:
        supervisor.end()


def test_nodes_end_with_a_supervisor_that_is_killed(package):
    reader, writer = os.pipe()
    parent = os.fork()
    if not parent:
        try:
            os.write(writer, " ".join(map(str, supervise(package).pids.values())).encode())
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(parent, 0)
    pids = os.read(reader, 100).decode().split()
    assert len(pids) == len(NAMES)
    wait_for_death(pids)
