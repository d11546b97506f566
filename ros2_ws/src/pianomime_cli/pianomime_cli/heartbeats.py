"""Tell a node that hangs from one that is busy: neither says anything, but one of them works."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

SILENT_S: Final = 5.0
"""Nodes tell /diagnostics how they are once a second."""


class Heartbeats:
    """When each node last spoke, or at least worked."""

    def __init__(self) -> None:
        """Know nobody."""
        self._alive_s: dict[str, float] = {}
        self._worked: dict[str, int] = {}

    def heard(self, name: str) -> None:
        """Take note that a node spoke."""
        self._alive_s[name] = time.monotonic()

    def hung(self, pids: Mapping[str, int]) -> list[str]:
        """Return those of the nodes, by pid, that have stopped altogether, or never began."""
        now_s = time.monotonic()
        found = []
        for name, pid in pids.items():
            if now_s - self._alive_s.setdefault(name, now_s) < SILENT_S:
                continue
            worked = _ticks(pid)
            if worked == self._worked.get(name):
                found.append(name)
                del self._alive_s[name]  # a successor has its own time
            else:
                self._alive_s[name] = now_s
            self._worked[name] = worked
        return found


def _ticks(pid: int) -> int:
    """Return how much processor time a process has had, in clock ticks; 0 if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])
