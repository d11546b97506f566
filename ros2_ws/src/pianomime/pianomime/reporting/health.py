"""Diagnostics of a recorded run: figures of the nodes, and counters of the gate."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pianomime.performance.bag import read_messages, stamp_s
from pianomime.safety.gate_types import GateState

_COUNTED = ("accepted", "clamped", "limited", "slowed", "rejected")


@dataclass(frozen=True)
class Health:
    """Diagnostics of a run.

    Attributes:
        nodes: Maximum of each duration [ms] and overrun counter, for each node.
        gate: Final counters of the gate.
        halts: (score time [s], state, reason) of each change of the gate to HALTING, HALTED or
            FAULT.
        problems: Distinct problems reported by the nodes.
    """

    nodes: Mapping[str, Mapping[str, float]]
    gate: Mapping[str, int]
    halts: tuple[tuple[float, str, str], ...]
    problems: tuple[str, ...]


def read_health(bag: Path) -> Health:
    """Read the diagnostics of a run from its bag.

    Raises:
        BagError: The bag cannot be read.
    """
    messages = read_messages(bag, ("diagnostics", "gate_status", "score"))
    nodes: dict[str, dict[str, float]] = {}
    problems: dict[str, None] = {}
    for message in messages["diagnostics"]:
        for status in message.status:
            node = status.name.partition(":")[0]
            if status.message:
                problems[f"{node}: {status.message}"] = None
            for pair in status.values:
                _keep(nodes.setdefault(node, {}), pair.key, pair.value)
    states = messages["gate_status"]
    gate = {name: int(getattr(states[-1], name)) for name in _COUNTED} if states else {}
    last = messages["score"][-1] if messages["score"] else None
    begins_s = stamp_s(last) + last.lead_in_s if last is not None else 0.0
    halts: list[tuple[float, str, str]] = []
    state = None
    for message in states:
        if message.state != state and message.state >= GateState.HALTING:
            name = GateState(message.state).name
            halts.append((stamp_s(message) - begins_s, name, message.reason))
        state = message.state
    return Health(nodes, gate, tuple(halts), tuple(problems))


def _keep(figures: dict[str, float], name: str, text: str) -> None:
    if name.endswith(("[ms]", "overruns")):
        figures[name] = max(figures.get(name, 0.0), float(text))
