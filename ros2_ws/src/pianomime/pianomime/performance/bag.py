"""Read a performance back from its bag. No ROS is needed: the bag carries its message types."""

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
    """A bag cannot be read, or holds no performance."""


_NEEDED = ("score", "key_goal", "piano_state", "joint_states")
_USED = ("midi_out", "fingering", "gate_status")


def read_performance(path: Path) -> Performance:
    """Return what a bag holds; of several songs the last.

    Args:
        path: Of the bag, or the performance's folder.

    Raises:
        BagError: It is not a bag of this project.
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
    # The score says what was wanted; a goals node that was replaced may have left gaps in the bag.
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
    """Return the timing of a bag's goals.

    Raises:
        BagError: They have none that is legal, or several.
    """
    found = {(goal.decision_s, goal.command_s) for goal in goals}
    if len(found) > 1:
        raise BagError(f"{path}: goals of several timings: {sorted(found)}")
    decision_s, command_s = found.pop()
    try:
        return Timing(decision_s=decision_s, command_s=command_s)
    except ConfigError as error:
        raise BagError(f"{path}: {error}") from error


def _credited(score: Score, sha256: str, messages: dict[str, list[Any]], begins_s: float) -> Score:
    """Return the score with the fingers of whoever played it."""
    credit = Credit()
    for message in messages["fingering"]:
        if message.score_sha256 == sha256:
            credit.add_fingering(message.source, message.index.tolist(), message.finger.tolist())
    for message in messages["gate_status"]:
        credit.add_owner(message.owner, stamp_s(message) - begins_s)
    return credit.fingered(score)


def read_messages(path: Path, names: Collection[str]) -> dict[str, list[Any]]:
    """Return the messages of the topics with these last names, so that a namespace does not matter.

    Raises:
        BagError: It cannot be read.
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
    """Return the bag: of a performance's folder the one in it."""
    return path / "bag" if (path / "bag").is_dir() else path


def is_cut_off(path: Path) -> bool:
    """Return whether there is a bag that was never closed, or lost its end."""
    files = list(path.glob("*.mcap"))
    return bool(files) and not (
        (path / "metadata.yaml").exists() and all(_has_its_end(file) for file in files)
    )


def _has_its_end(file: Path) -> bool:
    with file.open("rb") as stream:
        stream.seek(-min(len(MCAP0_MAGIC), file.stat().st_size), SEEK_END)
        return stream.read() == MCAP0_MAGIC


def _saved_by(path: Path) -> str:
    """Return what helps where the index is missing, or empty as `ros2 bag reindex` leaves it."""
    return f"`pianomime recover {path} -o NEW` saves what it has"


def custom_data(path: Path) -> dict[str, str]:
    """Return what the recorder noted about the run; nothing where a bag lost its end.

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
        BagError: It cannot be read, or does not say.
        ModelError: The description in it is not valid.
    """
    custom, names = custom_data(path), []
    if "hands" not in custom:
        states = read_messages(path, ("joint_states",))["joint_states"]
        if not states:
            raise BagError(f"{path}: holds no performance; nothing on joint_states")
        names = states[0].name
    return _hands(custom, names, path)


def _hands(custom: dict[str, str], joint_names: Collection[str], path: Path) -> HandSpec:
    """Return the hands that the recorder noted; those of a cut-off bag go by their joints' names.

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
    raise BagError(f"{path}: does not say which hands played, and no bundled ones have its joints")


def _has_joints(spec: HandSpec, joint_names: Collection[str]) -> bool:
    try:
        return set(load_model(spec).joint_names) == set(joint_names)
    except ModelError:
        return False  # models that are not on this machine


def by_stamp(messages: list[Any]) -> dict[float, Any]:
    """Return messages by stamp [s]; a waiting simulation repeats itself, the last one counts."""
    return {stamp_s(message): message for message in messages}


def stamp_s(message: Any) -> float:
    """Return a message's stamp [s], the same for equal instants."""
    stamp = message.header.stamp
    return float(round(stamp.sec + stamp.nanosec * 1e-9, 6))
