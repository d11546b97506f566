"""How the nodes did in a recorded run: their own figures, and the gate's counters."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pianomime.performance.bag import read_messages
from pianomime.safety.gate_types import GateState

_COUNTED = ("accepted", "clamped", "limited", "slowed", "rejected")


@dataclass(frozen=True)
class Health:
    """What a bag says of its run.

    Attributes:
        nodes: Each node's figures: of durations the largest that was told, of counters the last.
        gate: The gate's counters at the end.
        halts: When the gate was in which other state than ACTIVE, and why [s, ROS time].
        problems: What nodes complained about, each once.
    """

    nodes: Mapping[str, Mapping[str, float]]
    gate: Mapping[str, int]
    halts: tuple[tuple[float, str, str], ...]
    problems: tuple[str, ...]


def read_health(bag: Path) -> Health:
    """Read it.

    Raises:
        BagError: It cannot be read.
    """
    messages = read_messages(bag, ("diagnostics", "gate_status"))
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
    halts: list[tuple[float, str, str]] = []
    state = None
    for message in states:
        if message.state != state and message.state >= GateState.HALTING:
            stamp = message.header.stamp
            name = GateState(message.state).name
            halts.append((stamp.sec + stamp.nanosec * 1e-9, name, message.reason))
        state = message.state
    return Health(nodes, gate, tuple(halts), tuple(problems))


def _keep(figures: dict[str, float], name: str, text: str) -> None:
    if name.endswith(("[ms]", "overruns")):
        figures[name] = max(figures.get(name, 0.0), float(text))
