"""Running the real graph: one ROS domain for each test, localhost only, no process left behind."""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import rclpy
from rclpy.node import Node

from pianomime_common.middleware import set_middleware_defaults

TIMEOUT_S = 120.0
_DOMAINS = itertools.count(101)


def nodes_in(domain: str) -> list[int]:
    """Return the pids of all processes of ours in a ROS domain."""
    pids = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            environment = (path / "environ").read_bytes()
            command = (path / "cmdline").read_bytes()
            state = (path / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        mine = f"ROS_DOMAIN_ID={domain}".encode() in environment.split(b"\0")
        if mine and b"pianomime" in command and state != "Z":
            pids.append(int(path.name))
    return pids


class Cli:
    """The `pianomime` command in a domain of its own."""

    def __init__(self, domain: str, folder: Path) -> None:
        self.domain = domain
        self.folder = folder
        self.environment = {
            **os.environ,
            "ROS_DOMAIN_ID": domain,
            "PYTHONWARNINGS": "ignore",
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start it, as in a terminal of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "pianomime_bringup.cli", *arguments],
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, timeout_s: float = TIMEOUT_S) -> tuple[int, str, str]:
        """Run it to its end; returns exit status, standard output and standard error."""
        process = self.start(*arguments)
        try:
            out, err = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)
            raise
        return process.returncode, out, err

    @staticmethod
    def wait_until(condition: Callable[[], object], timeout_s: float, what: str) -> None:
        """Wait on a condition; fail saying `what` never came true."""
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline_s, f"after {timeout_s} s still not: {what}"
            time.sleep(0.05)

    def pid_of(self, node: str) -> int | None:
        """Return the pid of a node of this domain."""
        for pid in nodes_in(self.domain):
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                continue
            if f"{node}_node".encode() in command:
                return pid
        return None


@pytest.fixture
def cli(tmp_path) -> Iterator[Cli]:
    """The command, with a check that it leaves no process."""
    domain = str(next(_DOMAINS))
    yield Cli(domain, tmp_path)
    left = nodes_in(domain)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left, f"processes left behind: {left}"


@pytest.fixture
def observer(cli, monkeypatch) -> Iterator[Node]:
    """A node of the test's own process in the command's domain."""
    monkeypatch.setenv("ROS_DOMAIN_ID", cli.domain)
    set_middleware_defaults()
    rclpy.init()
    node = rclpy.create_node("observer")
    yield node
    node.destroy_node()
    rclpy.shutdown()
