"""Reader of recorded performances. Needs no ROS: bags contain their message definitions."""

import struct
from collections import defaultdict
from collections.abc import Collection
from os import SEEK_END
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from mcap.writer import MCAP0_MAGIC
from rosbags.highlevel import AnyReader, AnyReaderError

from pianomime.errors import ConfigError, ModelError, PianoMimeError
from pianomime.hands.embodiment import EMBODIMENTS, embodiment
from pianomime.hands.hand_spec import HandSpec
from pianomime.hands.spec_file import parse_spec
from pianomime.performance.credit import Credit
from pianomime.performance.performance import Performance
from pianomime.score.goals import ScoreGoals
from pianomime.score.message import from_message
from pianomime.score.score import Score
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import MidiEvent, MidiKind
from pianomime.timing import Timing


class BagError(PianoMimeError):
    """A bag cannot be read, or contains no performance."""


_NEEDED = ("score", "key_goal", "piano_state", "joint_states")
_USED = ("midi_out", "fingering", "gate_status")


def read_performance(path: Path) -> Performance:
    """Read the performance in a bag; of several songs the last.

    Args:
        path: Bag, or performance folder.

    Raises:
        BagError: The path is not a bag of this project.
    """
    path = bag_of(path)
    if not path.is_dir():
        raise BagError(f"{path}: no bag there")
    if is_cut_off(path):
        raise BagError(f"{path}: was cut off; {_saved_by(path)}")
    messages = read_messages(path, (*_NEEDED, *_USED))
    custom = custom_data(path)
    missing = [name for name in _NEEDED if not messages[name]]
    if missing:
        raise BagError(f"{path}: holds no performance; nothing on {', '.join(missing)}")
    states = by_stamp(messages["piano_state"])
    joints = by_stamp(messages["joint_states"])
    # Goals are derived from the score: the recorded ones have gaps where the goals node restarted.
    last = messages["score"][-1]
    stamps = sorted(s for s in states.keys() & joints.keys() if s >= stamp_s(last))
    timing, begins_s = _timing_in(messages["key_goal"], path), stamp_s(last) + last.lead_in_s
    dt_s = timing.decision_s
    if not stamps or stamps[-1] < begins_s + dt_s / 2:
        raise BagError(f"{path}: ends before the song begins")
    start_s = stamps[0]
    score = _credited(from_message(last), last.sha256, messages, begins_s)
    lead_in_s = begins_s - start_s
    goal_keys = ScoreGoals.of(score, timing).keys
    goal_time_s = lead_in_s + np.arange(len(goal_keys)) * dt_s
    reached = goal_time_s + dt_s < stamps[-1] - start_s + dt_s / 2
    return Performance(
        score=score,
        lead_in_s=lead_in_s,
        hands=_hands(custom, joints[start_s].name, path),
        timing=timing,
        time_s=np.array(stamps) - start_s,
        joint_names=tuple(joints[start_s].name),
        joint_position=np.array([joints[stamp].position for stamp in stamps]),
        key_position=np.array([states[stamp].position for stamp in stamps]),
        active=np.array([states[stamp].active for stamp in stamps], bool),
        goal_time_s=goal_time_s[reached],
        goal_keys=goal_keys[reached],
        midi=tuple(
            MidiEvent(stamp_s(m) - start_s, MidiKind(m.kind), m.number, m.value)
            for m in messages["midi_out"]
            if stamp_s(m) >= start_s
        ),
        played_s=float(custom.get("played_s", "nan")),
        wall_s=float(custom.get("wall_s", "nan")),
    )


def _timing_in(goals: list[Any], path: Path) -> Timing:
    """Return the timing of the recorded goals.

    Raises:
        BagError: The goals have none, an invalid timing, or several timings.
    """
    if not hasattr(goals[0], "decision_s"):
        raise BagError(f"{path}: recorded by an earlier version, whose goals carry no timing")
    found = {(goal.decision_s, goal.command_s) for goal in goals}
    if len(found) > 1:
        raise BagError(f"{path}: goals of several timings: {sorted(found)}")
    decision_s, command_s = found.pop()
    try:
        return Timing(decision_s=decision_s, command_s=command_s)
    except ConfigError as error:
        raise BagError(f"{path}: {error}") from error


def _credited(score: Score, sha256: str, messages: dict[str, list[Any]], begins_s: float) -> Score:
    """Return the score with the fingers of the controllers that played it."""
    credit = Credit()
    for message in messages["fingering"]:
        if message.score_sha256 == sha256:
            fingers = zip(message.index.tolist(), message.finger.tolist(), strict=True)
            credit.add_fingering(message.source, dict(fingers))
    for message in messages["gate_status"]:
        credit.add_owner(message.owner, stamp_s(message) - begins_s)
    return credit.fingered(score)


def read_messages(path: Path, names: Collection[str]) -> dict[str, list[Any]]:
    """Read the messages of topics by base name; namespaces are ignored.

    Raises:
        BagError: The bag cannot be read.
    """
    messages: dict[str, list[Any]] = defaultdict(list)
    try:
        with AnyReader([path]) as reader:
            if reader.message_count == 0:
                raise BagError(f"{path}: nothing in its index; {_saved_by(path)}")
            for connection, _, data in reader.messages():
                name = connection.topic.rpartition("/")[2]
                if name in names:
                    messages[name].append(reader.deserialize(data, connection.msgtype))
    except (AnyReaderError, OSError, struct.error, yaml.YAMLError) as error:
        hint = f"; {_saved_by(path)}" if any(path.glob("*.mcap")) else ""
        raise BagError(f"{path}: not a readable bag ({error}){hint}") from error
    return messages


def bag_of(path: Path) -> Path:
    """Return the path of the bag; of a performance folder the bag inside it."""
    return path / "bag" if (path / "bag").is_dir() else path


def is_cut_off(path: Path) -> bool:
    """Return whether a bag was never closed or is truncated."""
    files = list(path.glob("*.mcap"))
    return bool(files) and not (
        (path / "metadata.yaml").exists() and all(_is_complete(file) for file in files)
    )


def _is_complete(file: Path) -> bool:
    with file.open("rb") as stream:
        stream.seek(-min(len(MCAP0_MAGIC), file.stat().st_size), SEEK_END)
        return stream.read() == MCAP0_MAGIC


def _saved_by(path: Path) -> str:
    """Return advice for a bag whose index is missing, or empty as after `ros2 bag reindex`."""
    return f"`pianomime recover {path} -o NEW` saves what it has"


def custom_data(path: Path) -> dict[str, str]:
    """Return the recorder's custom metadata; empty for a truncated bag.

    Raises:
        BagError: The bag's metadata cannot be read.
    """
    try:
        metadata = yaml.safe_load((path / "metadata.yaml").read_text())
    except (OSError, yaml.YAMLError) as error:
        raise BagError(f"{path}: not a readable bag ({error})") from error
    return metadata["rosbag2_bagfile_information"].get("custom_data") or {}


def hands_in(path: Path) -> HandSpec:
    """Return the description of the hands that played in a bag.

    Raises:
        BagError: The bag cannot be read, or does not identify the hands.
        ModelError: The description in it is invalid.
    """
    custom, names = custom_data(path), []
    if "hands" not in custom:
        states = read_messages(path, ("joint_states",))["joint_states"]
        if not states:
            raise BagError(f"{path}: holds no performance; nothing on joint_states")
        names = states[0].name
    return _hands(custom, names, path)


def _hands(custom: dict[str, str], joint_names: Collection[str], path: Path) -> HandSpec:
    """Return the recorded hands; for truncated bags without metadata, inferred from joint names.

    Raises:
        BagError: No bundled hands have joints of these names.
    """
    if custom.get("embodiment") in EMBODIMENTS:
        return embodiment(custom["embodiment"])
    if "hands" in custom:
        return parse_spec(custom["hands"], str(path))
    for name in EMBODIMENTS:
        if _has_joints(embodiment(name), joint_names):
            return embodiment(name)
    raise BagError(f"{path}: does not identify the hands, and no bundled ones have its joints")


def _has_joints(spec: HandSpec, joint_names: Collection[str]) -> bool:
    try:
        return set(load_model(spec).joint_names) == set(joint_names)
    except ModelError:
        return False  # models that are not on this machine


def by_stamp(messages: list[Any]) -> dict[float, Any]:
    """Return messages keyed by stamp [s]; of repeated states (paused simulation) the last."""
    return {stamp_s(message): message for message in messages}


def stamp_s(message: Any) -> float:
    """Return a message's stamp [s], rounded to the microsecond."""
    stamp = message.header.stamp
    return float(round(stamp.sec + stamp.nanosec * 1e-9, 6))
