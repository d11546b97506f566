"""Detection of hung nodes. A busy node is silent as well, but uses processor time."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

SILENT_S: Final = 5.0
"""Silence after which a node is checked [s]; nodes publish /diagnostics once a second."""


class Heartbeats:
    """Time of the last sign of life of each node: a message, or processor time used."""

    def __init__(self) -> None:
        """Initialise without nodes."""
        self._alive_s: dict[str, float] = {}
        self._worked: dict[str, int] = {}

    def received(self, name: str) -> None:
        """Record a message of node `name`."""
        self._alive_s[name] = time.monotonic()

    def hung(self, pids: Mapping[str, int]) -> list[str]:
        """Return the names of hung nodes among `pids` (pid by node name)."""
        now_s = time.monotonic()
        found = []
        for name, pid in pids.items():
            if now_s - self._alive_s.setdefault(name, now_s) < SILENT_S:
                continue
            worked = _ticks(pid)
            if worked == self._worked.get(name):
                found.append(name)
                del self._alive_s[name]  # the silence of its successor counts from zero
            else:
                self._alive_s[name] = now_s
            self._worked[name] = worked
        return found


def _ticks(pid: int) -> int:
    """Return the processor time of a process in clock ticks; 0 if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])
