"""Running the real graph: one ROS domain for each test, localhost only, no process left behind."""

import itertools
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial
from itertools import pairwise
from pathlib import Path

import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.msg import Parameter as ParameterMessage
from rcl_interfaces.msg import ParameterType, ParameterValue
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.node import Node
from std_srvs.srv import Trigger

from pianomime.evaluation.players import Options, expert
from pianomime.hands.embodiment import embodiment
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Score
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import Timing
from pianomime_cli import commands
from pianomime_cli.parent_death import end_with
from pianomime_common import conversions, topics
from pianomime_common.diagnostics import statuses_in
from pianomime_common.domain import DomainClaim, DomainInUseError
from pianomime_common.middleware import set_middleware_defaults

TIMEOUT_S = 120.0
_DOMAINS = (str(1 + (os.getpid() + i) % 60) for i in itertools.count())
"""Below 102: from there on a domain's ports are among those that the system gives away."""

_RUN = {"PIANOMIME_TEST_RUN": str(os.getpid())}
"""Marks the processes of this run of the tests."""


def nodes_in(domain: str) -> list[int]:
    """Return the pids of all processes of ours in a ROS domain, which this test run started."""
    marks = {f"{k}={v}".encode() for k, v in (_RUN | {"ROS_DOMAIN_ID": domain}).items()}
    pids = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            environment = (path / "environ").read_bytes()
            command = (path / "cmdline").read_bytes()
            state = (path / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        mine = marks <= set(environment.split(b"\0"))
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
            **_RUN,
            "ROS_DOMAIN_ID": domain,
            "PYTHONWARNINGS": "ignore",
        }

    def popen(self, command: list[str], limit: Callable = tuple, **how) -> subprocess.Popen:
        """Start a process that ends with this one; `limit` is called in it."""
        parent = os.getpid()
        return subprocess.Popen(
            command,
            env=self.environment,
            cwd=self.folder,
            preexec_fn=lambda: (end_with(parent), limit()),  # noqa: PLW1509  it takes no lock
            **how,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start it, as in a terminal of its own."""
        return self.popen(
            [sys.executable, "-m", "pianomime_cli.cli", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def await_mid_song(self, output: str) -> None:
        """Wait until the bag in a performance folder has its first chunk, of about 2 s."""
        bag = self.folder / output / "bag"
        self.wait_until(
            lambda: bag.exists() and sum(path.stat().st_size for path in bag.iterdir()) > 300_000,
            TIMEOUT_S,
            "a chunk of the bag is written",
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


TIMING = Timing()


@pytest.fixture(scope="session")
def planned_f1() -> Callable[..., float]:
    """A function of score and timing: F1 of the expert's plan, played in process."""

    @cache
    def f1(score: Score, timing: Timing = TIMING) -> float:
        simulation = PianoSimulation(load_model(embodiment("pianomime")), timing)
        rollout = expert(score, simulation, Options(timing=timing)).perform()
        return rollout.f1_per_step(ScoreGoals.of(score, timing)).mean()

    return f1


def claim_a_domain(monkeypatch) -> DomainClaim:
    """Set ROS_DOMAIN_ID to a domain without a graph and without another run of the tests."""
    while True:
        monkeypatch.setenv("ROS_DOMAIN_ID", next(_DOMAINS))
        with suppress(DomainInUseError):
            claim = DomainClaim("test", "")
            for part in ("play", "sim"):
                DomainClaim(part, "").release()
            return claim


@pytest.fixture
def cli(tmp_path, monkeypatch) -> Iterator[Cli]:
    """The command, with a check that it leaves no process."""
    claim = claim_a_domain(monkeypatch)
    domain = os.environ["ROS_DOMAIN_ID"]
    yield Cli(domain, tmp_path)
    try:  # those whose parent the test had to kill need a moment
        Cli.wait_until(lambda: not nodes_in(domain), 20, "the test's processes have ended")
    finally:
        for pid in nodes_in(domain):
            os.kill(pid, signal.SIGKILL)
        claim.release()


@pytest.fixture
def port() -> int:
    """A free port; so is the next one."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            number = first.getsockname()[1]
            try:
                socket.create_server(("127.0.0.1", number + 1)).close()
            except OSError:
                continue
            return number


@pytest.fixture
def in_process(cli, monkeypatch, capfd) -> Callable[..., tuple[int, str, str]]:
    """`cli.run` without the 1.3 s of a new process's imports, for commands that start no graph."""
    monkeypatch.chdir(cli.folder)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["pianomime", *arguments])
        status = None
        try:  # not pytest.raises(), which would keep the frames, and with them a claimed domain
            commands.main()
        except SystemExit as ended:
            status = ended.code
        return status, *capfd.readouterr()

    return run


@pytest.fixture
def refuse(cli, in_process) -> Callable[..., str]:
    """A function which runs a command that has to be refused; returns standard error."""

    def run(*arguments: str) -> str:
        before = sorted(cli.folder.iterdir())
        status, out, err = in_process(*arguments)
        assert (status, out) == (2, "")
        assert sorted(cli.folder.iterdir()) == before, "nothing half-written is left"
        assert "Traceback" not in err
        return err

    return run


@pytest.fixture
def observer(cli) -> Iterator[Node]:
    """A node of the test's own process in the command's domain."""
    set_middleware_defaults()
    rclpy.init()
    node = rclpy.create_node("observer")
    yield node
    node.destroy_node()
    rclpy.shutdown()


class Graph:
    """Single nodes, each started as a user starts it in a terminal, and an observer.

    Attributes:
        clock_s: Simulated times, as they came.
        pressed_s: Stamps at which a key was down.
        states: The gate's status messages.
        commands: Stamp and last positions of each of the gate's commands to the right hand.
        requests_s: Stamps of the expert's commands.
        problems: What each node complains about.
    """

    def __init__(self, cli: Cli, observer: Node) -> None:
        self.cli = cli
        self.observer = observer
        self._processes: dict[str, subprocess.Popen] = {}
        self.clock_s: list[float] = []
        self.pressed_s: list[float] = []
        self.active = False
        self.states: list = []
        self.commands: list = []
        self.requests_s: list[float] = []
        self.midi: list = []
        self.problems: dict[str, str] = defaultdict(str)
        self.heard: set[str] = set()
        for topic, callback in (
            (topics.CLOCK, self._on_clock),
            (topics.PIANO_STATE, self._on_piano_state),
            (topics.GATE_STATUS, self.states.append),
            (topics.group_command("rh_trajectory_controller"), self._on_command),
            (topics.controller_command("expert"), self._on_request),
            (topics.MIDI_OUT, self.midi.append),
            (topics.DIAGNOSTICS, self._on_diagnostics),
        ):
            observer.create_subscription(topic.type, topic.name, callback, topic.recorder_qos)

    def _on_clock(self, message):
        self.clock_s.append(conversions.from_time(message.clock))

    def _on_piano_state(self, message):
        self.active = any(message.active)
        if self.active:
            self.pressed_s.append(conversions.from_time(message.header.stamp))

    def _on_command(self, message):
        stamp_s = conversions.from_time(message.header.stamp)
        self.commands.append((stamp_s, list(message.points[-1].positions)))

    def _on_request(self, message):
        self.requests_s.append(conversions.from_time(message.header.stamp))

    def _on_diagnostics(self, message):
        for name, status in statuses_in(message, self.observer.get_namespace()):
            self.heard.add(name)
            bad = status.level != DiagnosticStatus.OK
            self.problems[name] = status.message if bad else ""

    def start(
        self,
        module: str,
        *,
        max_file_bytes: int | None = None,
        remap: str | None = None,
        **parameters,
    ) -> None:
        """Start a node; it cannot write files larger than `max_file_bytes`."""
        arguments = [x for name, value in parameters.items() for x in ("-p", f"{name}:={value}")]
        arguments += ["-r", remap] if remap else []
        limit = tuple
        if max_file_bytes is not None:
            limits = (max_file_bytes, max_file_bytes)
            limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, limits)
        with (self.cli.folder / f"{module}.log").open("a") as log:
            self._processes[module] = self.cli.popen(
                [sys.executable, "-m", module, "--ros-args", *arguments],
                limit,
                stderr=log,
                stdout=log,
            )

    def send(self, module: str, number: int) -> None:
        """Send a signal to a node."""
        self._processes[module].send_signal(number)

    def stop(self, module: str, number: int) -> int:
        """End a node; returns its exit status."""
        self.send(module, number)
        return self._processes.pop(module).wait(20)

    def stop_all(self) -> None:
        """End all nodes; all have to end well."""
        for process in self._processes.values():
            process.send_signal(signal.SIGINT)
        for process in self._processes.values():
            assert process.wait(20) == 0

    def until(
        self, condition: Callable[[], object], what: str, timeout_s: float = TIMEOUT_S
    ) -> None:
        """Listen until a condition holds; without a pause, for there is much to hear."""
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline_s, (
                f"after {timeout_s} s still not: {what}; gate: {self.states[-1:]}, "
                f"problems: {dict(self.problems)}, time: {self.clock_s[-1:]}"
            )
            rclpy.spin_once(self.observer, timeout_sec=0.05)

    def let_pass(self, time_s: float) -> None:
        """Listen for a time."""
        deadline_s = time.monotonic() + time_s
        while time.monotonic() < deadline_s:
            rclpy.spin_once(self.observer, timeout_sec=0.02)

    def call(self, service_type, name: str, request):
        """Call a service and return its answer."""
        client = self.observer.create_client(service_type, name)
        self.until(client.service_is_ready, f"{name} is there")
        # A server may be found before it has found its client; then its answer is lost.
        replies = [client.call_async(request)]
        deadline_s = time.monotonic() + 10.0

        def answered() -> bool:
            if time.monotonic() > deadline_s and len(replies) < 2:
                replies.append(client.call_async(request))
            return any(reply.done() for reply in replies)

        self.until(answered, f"{name} answers")
        self.observer.destroy_client(client)
        return next(reply.result() for reply in replies if reply.done())

    def trigger(self, name: str):
        """Call a service that needs nothing."""
        return self.call(Trigger, name, Trigger.Request())

    def reset_gate(self) -> bool:
        """Return whether the gate took a reset; it does when its hands have spoken."""
        return self.trigger("gate/reset").success

    def set_parameters(self, node: str, **values: str):
        """Set text parameters of a running node, all or none; returns the answer."""
        parameters = [
            ParameterMessage(
                name=name,
                value=ParameterValue(type=ParameterType.PARAMETER_STRING, string_value=value),
            )
            for name, value in values.items()
        ]
        request = SetParametersAtomically.Request(parameters=parameters)
        name = f"{node}/set_parameters_atomically"
        return self.call(SetParametersAtomically, name, request).result

    def time_went_back(self) -> bool:
        """Return whether the clock ever did."""
        return any(later < earlier for earlier, later in pairwise(self.clock_s))


@pytest.fixture
def graph(cli, observer) -> Iterator[Graph]:
    """Nodes, started by hand; at the end they all have to end well."""
    graph = Graph(cli, observer)
    yield graph
    graph.stop_all()
