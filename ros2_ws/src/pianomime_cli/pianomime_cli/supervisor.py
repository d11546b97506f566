"""Process supervisor for graphs without launch_ros: starts, monitors, restarts, ends nodes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from pianomime.errors import PianoMimeError
from pianomime.threads import ONE_THREAD
from pianomime_bringup.graph import GraphConfig, NodeSpec, OnDeath
from pianomime_cli.parent_death import end_with

END_TIMEOUT_S: Final = 8.0
"""Time after which nodes are killed [s]; they need at most 4 s (pianomime_common.running)."""

RESPAWNS: Final = 5
"""Maximum number of restarts of a node before the graph ends."""

BAD_INPUT: Final = 2
"""Exit status of a node with invalid input; such a node is not restarted."""


class GraphFailedError(PianoMimeError):
    """A node that the graph needs has died."""


class Supervisor:
    """Supervisor of the processes of one graph."""

    def __init__(self, nodes: Sequence[NodeSpec], config: GraphConfig, log_dir: Path) -> None:
        """Start every node; its output goes to a file in `log_dir`."""
        self._config = config
        self._log_dir = log_dir
        self._specs = {node.name: node for node in nodes}
        self._respawned = dict.fromkeys(self._specs, 0)
        self.cpu_s = dict.fromkeys(self._specs, 0.0)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.lost: list[str] = []
        log_dir.mkdir(parents=True, exist_ok=True)
        try:
            for name in self._specs:
                self._start(name)
        except OSError:
            self.end()
            raise

    @property
    def pids(self) -> dict[str, int]:
        """Process ids of the running nodes, keyed by name."""
        return {name: process.pid for name, process in self._processes.items()}

    def check(self) -> None:
        """Restart nodes that died; add optional ones to `lost`.

        Raises:
            GraphFailedError: A node died that cannot be restarted; names it and its last log line.
        """
        for name in list(self._processes):
            status = self._reap(name)
            if status is None:
                continue
            on_death = self._specs[name].on_death
            if on_death is OnDeath.GO_ON and status != BAD_INPUT:
                self.lost.append(name)
                continue
            again = on_death is OnDeath.RESPAWN and status != BAD_INPUT
            if not again or self._respawned[name] >= RESPAWNS:
                raise GraphFailedError(
                    f"{name} ended with status {status}: {self.last_log_line(name)}"
                )
            self._respawned[name] += 1
            self._start(name)

    def kill(self, name: str) -> None:
        """Kill a node that hangs; the next `check` restarts it."""
        os.kill(self._processes[name].pid, signal.SIGKILL)

    def end(self) -> list[str]:
        """Terminate every node and wait; return the names of nodes that had to be killed."""
        for process in self._processes.values():
            # SIGTERM also ends a node that is still starting, where SIGINT would be an exception.
            os.kill(process.pid, signal.SIGTERM)  # Popen would reap it and lose its resource usage
        deadline_s = time.monotonic() + END_TIMEOUT_S
        while self._processes and time.monotonic() < deadline_s:
            for name in list(self._processes):
                self._reap(name)
            time.sleep(0.02)
        killed = list(self._processes)
        for name in killed:
            process = self._processes.pop(name)
            process.kill()
            process.wait()
        return killed

    def _start(self, name: str) -> None:
        spec, config = self._specs[name], self._config
        command = [sys.executable, "-m", spec.module, "--ros-args"]
        command += ["-r", f"__node:={spec.name}", "-r", f"__ns:=/{config.namespace.strip('/')}"]
        command += config.remap_arguments
        command += ["--log-level", config.log_level_of(spec.name)]
        for key, value in spec.parameters.items():
            command += ["-p", f"{key}:={_yaml(value)}"]
        if config.params_file:
            command += ["--params-file", config.params_file]
        with Path(self._log_dir, f"{name}.log").open("ab") as log:
            # In its own session, so that Ctrl-C reaches only the supervisor, which ends the nodes.
            # The Popen object is kept; otherwise the next Popen would reap the dead process.
            self._processes[name] = subprocess.Popen(
                command,
                env=os.environ | ONE_THREAD,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=partial(end_with, os.getpid()),  # noqa: PLW1509  it takes no lock
            )

    def _reap(self, name: str) -> int | None:
        """Return the exit status of a node that has ended, or None while it runs."""
        process = self._processes[name]
        reaped, status, usage = os.wait4(process.pid, os.WNOHANG)
        if not reaped:
            return None
        self.cpu_s[name] += usage.ru_utime + usage.ru_stime
        del self._processes[name]
        process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode

    def last_log_line(self, name: str) -> str:
        """Return the last line of a node's log."""
        text = Path(self._log_dir, f"{name}.log").read_text(errors="replace").strip()
        return text.splitlines()[-1] if text else "no output"


def _yaml(value: object) -> str:
    """Format a parameter value for a ROS command line; strings are quoted to stay strings."""
    if isinstance(value, bool):
        return str(value).lower()
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)
