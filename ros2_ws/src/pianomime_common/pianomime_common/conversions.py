"""Conversions between ROS messages and the library's types. Library times are ROS time in s."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from builtin_interfaces.msg import Duration, Time
from numpy.typing import NDArray
from sensor_msgs.msg import JointState
from std_msgs.msg import Header
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from pianomime.command import Command
from pianomime.safety.command_gate import CommandGate
from pianomime.safety.gate_types import GateResult, Request
from pianomime.score.goal import Goal
from pianomime.score.message import notes_from, pedal_from
from pianomime.score.score import Note, PedalEvent, Score
from pianomime.simulation.simulation import MidiEvent, MidiKind
from pianomime.timing import Timing
from pianomime_msgs import msg

Array = NDArray[np.float64]


def to_time(time_s: float) -> Time:
    """Convert seconds to a stamp, rounded to the microsecond so that stamps compare equal."""
    seconds, microseconds = divmod(round(time_s * 1e6), 10**6)
    return Time(sec=seconds, nanosec=microseconds * 1000)


def from_time(time: Time) -> float:
    """Convert a stamp to seconds."""
    return float(time.sec + time.nanosec * 1e-9)


def header(stamp_s: float, frame_id: str = "") -> Header:
    """Build a header."""
    return Header(stamp=to_time(stamp_s), frame_id=frame_id)


def to_joint_state(
    names: Sequence[str], position: Array, velocity: Array, stamp_s: float
) -> JointState:
    """Build a JointState from positions (n,) [rad, m] and velocities (n,) [rad/s, m/s]."""
    return JointState(
        header=header(stamp_s),
        name=list(names),
        position=position.tolist(),
        velocity=velocity.tolist(),
    )


def joint_positions(message: JointState, names: Sequence[str]) -> Array:
    """Return the positions of joints `names`, (n,) [rad, m]; KeyError if one is missing."""
    position = dict(zip(message.name, message.position, strict=True))
    return np.array([position[name] for name in names])


def to_duration(time_s: float) -> Duration:
    """Convert seconds to a duration, rounded to the nanosecond."""
    seconds, nanoseconds = divmod(round(time_s * 1e9), 10**9)
    return Duration(sec=seconds, nanosec=nanoseconds)


def to_trajectory(
    names: Sequence[str], positions: Array, times_s: Sequence[float], stamp_s: float
) -> JointTrajectory:
    """Build a trajectory of positions (points, n) [rad, m] at times relative to `stamp_s` [s]."""
    points = [
        JointTrajectoryPoint(positions=row.tolist(), time_from_start=to_duration(time_s))
        for row, time_s in zip(positions, times_s, strict=True)
    ]
    return JointTrajectory(header=header(stamp_s), joint_names=list(names), points=points)


def command_to_trajectory(
    names: Sequence[str], command: Command, stamp_s: float
) -> JointTrajectory:
    """Convert a command; the last of the joints `names` is the pedal."""
    positions = np.column_stack((command.target, command.sustain))
    return to_trajectory(names, positions, command.times_s, stamp_s)


def from_trajectory(message: JointTrajectory) -> Request:
    """Convert a trajectory to a request, without validation."""
    return Request(
        names=list(message.joint_names),
        positions=[np.array(point.positions) for point in message.points],
        times_s=[_seconds(point.time_from_start) for point in message.points],
        stamp_s=from_time(message.header.stamp),
    )


def _seconds(duration: Duration) -> float:
    return float(round(duration.sec + duration.nanosec * 1e-9, 9))


def to_score(score: Score, stamp_s: float, lead_in_s: float) -> msg.Score:
    """Convert a score, with its hash and the lead-in before it [s]."""
    return msg.Score(
        header=header(stamp_s),
        id=score.title,
        sha256=score.sha256,
        duration_s=score.duration_s,
        lead_in_s=lead_in_s,
        notes=_to_notes(score.notes),
        pedal=_to_pedal(score.pedal),
    )


def _to_notes(notes: Sequence[Note]) -> list[msg.Note]:
    return [
        msg.Note(
            onset_s=note.onset_s,
            offset_s=note.offset_s,
            key=note.key,
            velocity=note.velocity,
            finger=note.finger,
        )
        for note in notes
    ]


def _to_pedal(pedal: Sequence[PedalEvent]) -> list[msg.PedalEvent]:
    return [msg.PedalEvent(time_s=event.time_s, down=event.down) for event in pedal]


@dataclass(frozen=True)
class KeyGoal:
    """Contents of KeyGoal.msg.

    Attributes:
        stamp_s: Stamp of the state that the goal belongs to [s].
        score_sha256: Hash of the score.
        goal: Notes and pedal within the horizon.
        phase: LEAD_IN, PLAYING or FINISHED.
        ahead_s: Delay from a command to its effect [s].
    """

    stamp_s: float
    score_sha256: str
    goal: Goal
    phase: int
    ahead_s: float = 0.0

    @property
    def score_time_s(self) -> float:
        """Score time at which the decision begins [s]."""
        return self.goal.timing.time_s(self.goal.step)

    @property
    def judged_at_s(self) -> float:
        """End of the decision, at which its keys are evaluated [s, ROS time]."""
        return self.stamp_s + self.ahead_s + self.goal.timing.decision_s


def to_key_goal(key_goal: KeyGoal) -> msg.KeyGoal:
    """Convert a key goal to its message."""
    goal = key_goal.goal
    return msg.KeyGoal(
        header=header(key_goal.stamp_s),
        ahead_s=key_goal.ahead_s,
        score_sha256=key_goal.score_sha256,
        score_time_s=key_goal.score_time_s,
        decision_s=goal.timing.decision_s,
        command_s=goal.timing.command_s,
        horizon_s=goal.timing.time_s(goal.horizon),
        notes=_to_notes(goal.notes),
        index=list(goal.index),
        pedal=_to_pedal(goal.pedal),
        phase=key_goal.phase,
    )


def from_key_goal(message: msg.KeyGoal) -> KeyGoal:
    """Convert a KeyGoal.msg.

    Raises:
        ConfigError: The timing is invalid.
        ScoreError: A note is invalid.
    """
    timing = Timing(decision_s=message.decision_s, command_s=message.command_s)
    goal = Goal(
        timing=timing,
        step=timing.steps(message.score_time_s),
        horizon=timing.steps(message.horizon_s),
        notes=notes_from(message.notes),
        index=tuple(message.index.tolist()),
        pedal=pedal_from(message.pedal),
    )
    stamp_s = from_time(message.header.stamp)
    return KeyGoal(stamp_s, message.score_sha256, goal, message.phase, message.ahead_s)


def to_fingering(
    source: str, score_sha256: str, fingers: dict[int, int], stamp_s: float
) -> msg.Fingering:
    """Build a Fingering.msg from fingers keyed by note index."""
    return msg.Fingering(
        header=header(stamp_s),
        source=source,
        score_sha256=score_sha256,
        index=list(fingers),
        finger=list(fingers.values()),
    )


def from_fingering(message: msg.Fingering) -> dict[int, int]:
    """Return the fingers keyed by note index."""
    return dict(zip(message.index.tolist(), message.finger.tolist(), strict=True))


def to_piano_state(
    position: Array, active: NDArray[np.bool_], velocity: Array, sustain: bool, stamp_s: float
) -> msg.PianoState:
    """Build a PianoState.msg."""
    return msg.PianoState(
        header=header(stamp_s, "piano"),
        position=position.astype(np.float32),
        active=active.astype(np.uint8),
        velocity=velocity.astype(np.float32),
        sustain=sustain,
    )


def to_midi_event(event: MidiEvent, start_s: float) -> msg.MidiEvent:
    """Convert an event; `start_s` is the ROS time at simulation time 0 [s]."""
    return msg.MidiEvent(
        header=header(start_s + event.time_s),
        kind=int(event.kind),
        number=event.number,
        value=event.value,
    )


def from_midi_event(message: msg.MidiEvent) -> MidiEvent:
    """Convert a MidiEvent.msg; its time is ROS time."""
    stamp_s = from_time(message.header.stamp)
    return MidiEvent(stamp_s, MidiKind(message.kind), message.number, message.value)


def to_gate_status(
    gate: CommandGate, owner: str, result: GateResult, counts: dict[str, int], stamp_s: float
) -> msg.GateStatus:
    """Build a GateStatus.msg from the gate's state and the verdict on its last command."""
    return msg.GateStatus(
        header=header(stamp_s),
        state=int(gate.state),
        reason=gate.reason,
        owner=owner,
        verdict=int(result.verdict),
        detail=result.detail,
        **counts,
    )
