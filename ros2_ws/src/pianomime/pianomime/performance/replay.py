"""Replay of a bag's commands in the simulation, compared to the recorded states."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pianomime.command import Command
from pianomime.hands.hands_model import PEDAL, PEDAL_DOWN_ABOVE
from pianomime.performance.bag import (
    BagError,
    by_stamp,
    custom_data,
    hands_in,
    read_messages,
    read_performance,
    stamp_s,
)
from pianomime.performance.performance import Performance
from pianomime.simulation.model import content_hash, load_model
from pianomime.simulation.simulation import PianoSimulation

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Replay:
    """Result of a replay.

    Attributes:
        recorded: The recorded performance.
        replayed: The same performance with the replayed states.
        steps: Number of simulated decisions.
        by_the_clock: Whether the recorded simulation ran in real time instead of lock-step.
        difference: Description of the first deviation; empty if the two are identical.
    """

    recorded: Performance
    replayed: Performance
    steps: int
    by_the_clock: bool
    difference: str


def replay(bag: Path) -> Replay:
    """Replay the commands of a bag from the initial state.

    Where a command is missing, the previous target is held. A real-time simulation applied late
    commands one decision later; the bag does not record this, so such runs deviate.

    Raises:
        BagError: The bag cannot be read, or does not start at the simulation's initial state.
    """
    recorded = read_performance(bag)
    messages = read_messages(bag, ("joint_states", "piano_state", "joint_trajectory"))
    states, keys = by_stamp(messages["joint_states"]), by_stamp(messages["piano_state"])
    stamps = sorted(states.keys() & keys.keys())
    timing = recorded.timing
    simulation = PianoSimulation(load_model(recorded.hands), timing)
    order = np.argsort(simulation.hands.index(recorded.joint_names))
    names = (*simulation.hands.joint_names, PEDAL)
    commands = _commands(messages["joint_trajectory"], names)
    if np.any(np.array(states[stamps[0]].position)[order] != simulation.joint_position):
        raise BagError(f"{bag}: does not begin where the simulation does, so it cannot be replayed")
    seen: dict[float, tuple[Array, Array, NDArray[np.bool_]]] = {}
    command, difference, steps = Command.hold(np.zeros(len(names) - 1), False, timing), "", 0
    for stamp in np.arange(timing.steps(stamps[-1] - stamps[0]) + 1):
        now_s = round(stamps[0] + timing.time_s(int(stamp)), 6)
        seen[now_s] = (simulation.joint_position, simulation.key_position, simulation.active)
        if not difference and now_s in states and now_s in keys:
            position = np.array(states[now_s].position)[order]
            difference = _difference(now_s, position, keys[now_s], seen[now_s], names)
        command = commands.get(now_s, command.held())
        simulation.step(command)
        steps += 1
    start_s = stamps[-1] - recorded.time_s[-1]
    frames = [seen[round(float(start_s + time_s), 6)] for time_s in recorded.time_s]
    back = np.argsort(order)
    replayed = replace(
        recorded,
        joint_position=np.array([position[back] for position, _, _ in frames]),
        key_position=np.array([position for _, position, _ in frames]),
        active=np.array([active for _, _, active in frames]),
    )
    arguments = json.loads(custom_data(bag).get("arguments") or "{}")
    return Replay(recorded, replayed, steps, bool(arguments.get("real_time")), difference)


def changed_since(bag: Path) -> str:
    """Describe how the recorded model differs from the current one; empty if it is the same."""
    custom = custom_data(bag)
    if "model" not in custom:
        return "the bag does not say which model it was recorded with"
    if custom["model"] == content_hash(hands_in(bag)):
        return ""
    versions = ", ".join(
        f"{name} {value}" for name, value in custom.items() if name.endswith("version")
    )
    return f"the model has changed; then it was {versions}"


def _commands(trajectories: list[Any], names: tuple[str, ...]) -> dict[float, Command]:
    """Return the commands keyed by stamp, except those with missing joint groups."""
    parts: dict[float, dict[tuple[str, ...], Any]] = {}
    for message in trajectories:
        # The simulation applied the first of repeated commands.
        parts.setdefault(stamp_s(message), {}).setdefault(tuple(message.joint_names), message)
    found = {stamp: _joined(list(groups.values()), names) for stamp, groups in parts.items()}
    return {stamp: command for stamp, command in found.items() if command is not None}


def _joined(groups: list[Any], names: tuple[str, ...]) -> Command | None:
    """Merge the groups' messages into a command of all joints; None if joints are missing."""
    where = {name: i for i, name in enumerate(names)}
    if {name for message in groups for name in message.joint_names} != where.keys():
        return None
    target = np.empty((len(groups[0].points), len(names)))
    for message in groups:
        columns = [where[name] for name in message.joint_names]
        target[:, columns] = [point.positions for point in message.points]
    ends = [point.time_from_start for point in groups[0].points]
    times_s = tuple(round(end.sec + end.nanosec * 1e-9, 9) for end in ends)
    return Command(target[:, :-1], target[:, -1] > PEDAL_DOWN_ABOVE, times_s)


def _difference(
    now_s: float,
    position: Array,
    keys: Any,
    seen: tuple[Array, Array, NDArray[np.bool_]],
    names: tuple[str, ...],
) -> str:
    off = np.abs(position - seen[0])
    if off.any():
        joint = int(off.argmax())
        return f"at {now_s:.2f} s {names[joint]} is {off[joint]:.2g} off"
    key = np.abs(np.array(keys.position, np.float32) - seen[1].astype(np.float32))
    if key.any() or np.any(np.array(keys.active, bool) != seen[2]):
        return f"at {now_s:.2f} s key {int(key.argmax())} is {key.max():.2g} of its travel off"
    return ""
