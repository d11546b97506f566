"""Between ROS messages and the library's types. Times are float seconds of ROS time on our side."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from builtin_interfaces.msg import Duration, Time
from numpy.typing import NDArray
from sensor_msgs.msg import JointState
from std_msgs.msg import Header
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from pianomime.piano.geometry import N_KEYS
from pianomime.planning.fingertip_plan import FingertipPlan
from pianomime.safety.command_gate import CommandGate
from pianomime.safety.gate_types import GateResult
from pianomime.score.score import Score
from pianomime.simulation.simulation import MidiEvent, MidiKind
from pianomime_msgs import msg

Array = NDArray[np.float64]


def to_time(time_s: float) -> Time:
    """Return ROS time, rounded to the microsecond so that equal steps give equal stamps."""
    seconds, microseconds = divmod(round(time_s * 1e6), 10**6)
    return Time(sec=seconds, nanosec=microseconds * 1000)


def from_time(time: Time) -> float:
    """Return seconds."""
    return float(time.sec + time.nanosec * 1e-9)


def header(stamp_s: float, frame_id: str = "") -> Header:
    """Return a header."""
    return Header(stamp=to_time(stamp_s), frame_id=frame_id)


def to_joint_state(
    names: Sequence[str], position: Array, velocity: Array, stamp_s: float
) -> JointState:
    """Return the hands' joints at `stamp_s`; position [rad, m] and velocity (n,)."""
    return JointState(
        header=header(stamp_s),
        name=list(names),
        position=position.tolist(),
        velocity=velocity.tolist(),
    )


def joint_positions(message: JointState, names: Sequence[str]) -> Array:
    """Return the positions of `names` [rad, m], (n,); KeyError names one that is missing."""
    position = dict(zip(message.name, message.position, strict=True))
    return np.array([position[name] for name in names])


def to_trajectory(
    names: Sequence[str], position: Array, stamp_s: float, dt_s: float
) -> JointTrajectory:
    """Return one point: the targets (n,) to hold from `stamp_s` for `dt_s`."""
    ends = Duration(nanosec=round(dt_s * 1e9))
    point = JointTrajectoryPoint(positions=position.tolist(), time_from_start=ends)
    return JointTrajectory(header=header(stamp_s), joint_names=list(names), points=[point])


def from_trajectory(message: JointTrajectory) -> tuple[list[str], Array, float]:
    """Return names, the first point's positions, and the stamp [s]; no point, no positions."""
    positions = message.points[0].positions if message.points else []
    return list(message.joint_names), np.array(positions), from_time(message.header.stamp)


def to_score(score: Score, stamp_s: float, lead_in_s: float) -> msg.Score:
    """Return a score, its hash and how long before it the clock starts."""
    return msg.Score(
        header=header(stamp_s),
        id=score.title,
        sha256=score.sha256,
        duration_s=score.duration_s,
        lead_in_s=lead_in_s,
        notes=[
            msg.Note(
                onset_s=note.onset_s,
                offset_s=note.offset_s,
                key=note.key,
                velocity=note.velocity,
                finger=note.finger,
            )
            for note in score.notes
        ],
        pedal=[msg.PedalEvent(time_s=event.time_s, down=event.down) for event in score.pedal],
    )


@dataclass(frozen=True)
class KeyGoal:
    """A `key_goal` message: see KeyGoal.msg."""

    stamp_s: float
    score_sha256: str
    score_time_s: float
    dt_s: float
    keys: NDArray[np.bool_]
    sustain: NDArray[np.bool_]
    phase: int
    ahead_s: float = 0.0

    @property
    def score_step(self) -> int:
        """Control step of the score that row 0 is; negative in the lead-in."""
        return round(self.score_time_s / self.dt_s)


def to_key_goal(goal: KeyGoal) -> msg.KeyGoal:
    """Return the message."""
    return msg.KeyGoal(
        header=header(goal.stamp_s),
        ahead_s=goal.ahead_s,
        score_sha256=goal.score_sha256,
        score_time_s=goal.score_time_s,
        dt_s=goal.dt_s,
        rows=len(goal.keys),
        keys=goal.keys.astype(np.uint8).ravel(),
        sustain=goal.sustain.astype(np.uint8),
        phase=goal.phase,
    )


def from_key_goal(message: msg.KeyGoal) -> KeyGoal:
    """Return the goal."""
    return KeyGoal(
        stamp_s=from_time(message.header.stamp),
        score_sha256=message.score_sha256,
        score_time_s=message.score_time_s,
        dt_s=message.dt_s,
        keys=np.array(message.keys, bool).reshape(message.rows, N_KEYS),
        sustain=np.array(message.sustain, bool),
        phase=message.phase,
        ahead_s=message.ahead_s,
    )


def to_fingertip_goal(
    plan: FingertipPlan, first: int, rows: int, sha256: str, stamp_s: float, dt_s: float
) -> msg.FingertipGoal:
    """Return `rows` rows of a plan from row `first` on; beyond its ends the fingers are free."""
    indices = np.arange(first, first + rows)
    inside = ((indices >= 0) & (indices < len(plan.key)))[:, None]
    indices = np.clip(indices, 0, len(plan.key) - 1)
    position = np.where(inside[..., None], plan.position[indices], np.nan)
    return msg.FingertipGoal(
        header=header(stamp_s, "world"),
        score_sha256=sha256,
        dt_s=dt_s,
        rows=rows,
        position=position.ravel(),
        key=np.where(inside, plan.key[indices], -1).astype(np.int8).ravel(),
        contact=(inside & plan.contact[indices]).astype(np.uint8).ravel(),
        valid=(~np.isnan(position[..., 0])).astype(np.uint8).ravel(),
    )


def to_piano_state(
    position: Array, active: NDArray[np.bool_], velocity: Array, sustain: bool, stamp_s: float
) -> msg.PianoState:
    """Return the piano at `stamp_s`: see PianoState.msg."""
    return msg.PianoState(
        header=header(stamp_s, "piano"),
        position=position.astype(np.float32),
        active=active.astype(np.uint8),
        velocity=velocity.astype(np.float32),
        sustain=sustain,
    )


def to_midi_event(event: MidiEvent, start_s: float) -> msg.MidiEvent:
    """Return an event; `start_s` is ROS time at simulation time 0."""
    return msg.MidiEvent(
        header=header(start_s + event.time_s),
        kind=int(event.kind),
        number=event.number,
        value=event.value,
    )


def from_midi_event(message: msg.MidiEvent) -> MidiEvent:
    """Return the event, at ROS time."""
    stamp_s = from_time(message.header.stamp)
    return MidiEvent(stamp_s, MidiKind(message.kind), message.number, message.value)


def to_gate_status(
    gate: CommandGate, owner: str, result: GateResult, counts: dict[str, int], stamp_s: float
) -> msg.GateStatus:
    """Return what the gate does, and what it did with its last command."""
    return msg.GateStatus(
        header=header(stamp_s),
        state=int(gate.state),
        reason=gate.reason,
        owner=owner,
        verdict=int(result.verdict),
        detail=result.detail,
        **counts,
    )
