"""The policy: score to fingers, to fingertips, to joints, at every control step."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.fingering.costs import Partials
from pianomime.hands.fingers import FINGERS_PER_HAND, N_FINGERS, SIDES, UNASSIGNED, side_of
from pianomime.hands.hands_model import HandsModel
from pianomime.policy.finger_choice import (
    COMMIT_STEPS,
    N_INPUTS,
    WINDOW_STEPS,
    choice_inputs,
    choose,
    follow,
    onsets,
)
from pianomime.policy.hand_frame import MIRROR, HandFrame
from pianomime.policy.mlp import Mlp
from pianomime.policy.observation import (
    CHUNK,
    HandState,
    fingertip_input_count,
    inverse_kinematics,
    joint_input_count,
    joint_inputs,
    lead,
)
from pianomime.policy.schedule import Schedule, one_key_a_finger, schedule
from pianomime.score.goals import KeyGoals
from pianomime.score.score import Score

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_REFUSED: Final = -2
"""Finger of a note that came with more than ten at once, and stays without."""


@dataclass(frozen=True)
class Networks:
    """What was learned.

    Attributes:
        fingers: From `choice_inputs` to a score for each finger.
        fingertips: From `fingertip_inputs` to where the fingertips go.
        joints: From `joint_inputs` to what is added to inverse kinematics.
    """

    fingers: Mlp
    fingertips: Mlp
    joints: Mlp


def sizes(frame: HandFrame) -> dict[str, tuple[int, int]]:
    """Return how many inputs and outputs each network has for hands of `frame`."""
    return {
        "fingers": (N_INPUTS, N_FINGERS),
        "fingertips": (fingertip_input_count(), CHUNK * FINGERS_PER_HAND * 3),
        "joints": (joint_input_count(frame.n), frame.n),
    }


class FingerMemory:
    """Notes in sight, and the fingers of those that begin soon."""

    def __init__(self, network: Mlp) -> None:
        """Begin with nothing played."""
        self._network = network
        self._before = Partials.at_rest()
        self._seen = np.zeros((0, 4), np.int64)  # first and last step, key, finger

    @property
    def notes(self) -> Ints:
        """Notes in sight that have fingers, (n, 4)."""
        return self._seen[self._seen[:, 3] >= 0]

    def update(self, now: int, keys: NDArray[np.bool_]) -> None:
        """Choose fingers for the notes that now are `COMMIT_STEPS` away, or nearer and unknown.

        Args:
            now: Control step that begins.
            keys: (rows, 88) wanted at the ends of steps now, now + 1, ...
        """
        seen = self._seen = self._look(now, keys)
        self._hold_on()
        due = np.flatnonzero((seen[:, 3] == UNASSIGNED) & (seen[:, 0] <= now + COMMIT_STEPS))
        for onset, rows in onsets(seen[due]) if len(due) else ():
            later = seen[seen[:, 0] > onset.first]
            inputs = choice_inputs(self._before, onset, (later[:, 0], later[:, 1], later[:, 2]))
            fingers = choose(self._network(inputs).astype(float))
            self._before = follow(self._before, onset, fingers)
            seen[due[rows], 3] = np.where(fingers == UNASSIGNED, _REFUSED, fingers)

    def _hold_on(self) -> None:
        """Let the fingering so far know how much longer its notes last than could be seen."""
        until, hand_until = self._before.until.copy(), self._before.hand_until.copy()
        for _, last, key, finger in self.notes.tolist():
            if self._before.key[0, finger] == key:
                until[0, finger] = max(last, until[0, finger])
                hand = side_of(finger)
                hand_until[0, hand] = max(last, hand_until[0, hand])
        self._before = replace(self._before, until=until, hand_until=hand_until)

    def _look(self, now: int, keys: NDArray[np.bool_]) -> Ints:
        """Return the notes in the window, by onset then key, those known with their fingers."""
        rows = keys[: WINDOW_STEPS + 1].astype(np.int8)
        change = np.diff(np.pad(rows, ((1, 1), (0, 0))), axis=0)
        begins, ends = np.argwhere(change.T == 1), np.argwhere(change.T == -1)
        before = self._seen.tolist()
        sounding = {key: (first, f) for first, last, key, f in before if first < now <= last}
        known = {(first, key): finger for first, _, key, finger in before}
        seen = []
        for (key, begin), (_, end) in zip(begins.tolist(), ends.tolist(), strict=True):
            first, finger = now + begin, known.get((now + begin, key), UNASSIGNED)
            if begin == 0 and key in sounding:
                first, finger = sounding[key]
            seen.append((first, now + end - 1, key, finger))
        seen.sort(key=lambda note: (note[0], note[2]))
        return np.array(seen, np.int64).reshape(-1, 4)


def fingered(score: Score, goals: KeyGoals, network: Mlp) -> Score:
    """Return the score with the fingers that the policy will choose when it plays it."""
    memory = FingerMemory(network)
    chosen: dict[tuple[int, int], int] = {}
    for now in range(-COMMIT_STEPS, len(goals.keys)):
        memory.update(now, goals.window(now, WINDOW_STEPS + 1)[0])
        chosen |= {(first, key): finger for first, _, key, finger in memory.notes.tolist()}
    fingers = np.full(len(score.notes), UNASSIGNED)
    for step in goals.notes:
        fingers[step.index] = chosen.get((step.first, score.notes[step.index].key), UNASSIGNED)
    return score.with_fingers(fingers.tolist())


@dataclass(frozen=True)
class _Seen:
    """The last step in which the hands were seen.

    Attributes:
        step: Which.
        state: Both hands.
        chunk: (2, CHUNK, 5, 3) where the fingertips were to go from there [m].
    """

    step: int
    state: HandState
    chunk: Array


class Generalist:
    """Plays what the goals ask, from wherever the hands are."""

    def __init__(self, hands: HandsModel, networks: Networks) -> None:
        """Begin with nothing played."""
        self._frame = HandFrame(hands)
        self._networks = networks
        self.reset()

    def reset(self) -> None:
        """Forget what was played."""
        self._memory = FingerMemory(self._networks.fingers)
        self._seen: _Seen | None = None
        self._target: Array | None = None  # (2, na), the last

    def step(
        self, now: int, keys: NDArray[np.bool_], measured: Array, key_position: Array
    ) -> Array:
        """Return the target of each joint (n,) for the control step that begins [rad, m].

        Args:
            now: Which control step.
            keys: (rows, 88) wanted at the ends of steps now, now + 1, ...
            measured: (n,) where the joints are [rad, m].
            key_position: (88,) how far each key is down, 0 .. 1.
        """
        frame = self._frame
        plan = self._schedule(now, keys)
        pose = frame.poses(measured)
        tips = frame.kinematics.fingertips(pose)
        before, tips_before = self._a_step_before(now, pose, tips.position)
        state = HandState(
            pose=pose,
            before=before,
            tips=tips,
            tips_before=tips_before,
            commanded=pose if self._target is None else self._target,
            other=frame.kinematics.forearm(pose)[::-1, 1],
            keys=np.tile(key_position.astype(np.float32), (len(SIDES), 1)),  # as in a message
            mirror=MIRROR,
        )
        chunk = self.fingertips(state, plan)
        self._seen = _Seen(now, state, chunk)
        return self._reach(state, plan, chunk)

    def carry_on(self, now: int, keys: NDArray[np.bool_]) -> Array | None:
        """Return the targets (n,) for a step whose hands were not seen [rad, m].

        From where they were last, to what is left of the fingertips that were said then; None
        when nothing is.

        Args:
            now: Which control step.
            keys: (rows, 88) wanted at the ends of steps now, now + 1, ...
        """
        seen = self._seen
        if seen is None or not 0 < now - seen.step < CHUNK:
            return None
        since, chunk = now - seen.step, seen.chunk
        left = np.concatenate([chunk[:, since:], *[chunk[:, -1:]] * since], axis=1)
        return self._reach(seen.state, self._schedule(now, keys), left)

    def fingertips(self, state: HandState, plan: Schedule) -> Array:
        """Return where the fingertips are to be in the next steps, (2, CHUNK, 5, 3) [m]."""
        return lead(self._networks.fingertips, self._frame, state, plan)

    def _schedule(self, now: int, keys: NDArray[np.bool_]) -> Schedule:
        self._memory.update(now, keys)
        notes = one_key_a_finger(self._memory.notes)
        return Schedule.stacked([schedule(notes, i, np.array([now])) for i in range(len(SIDES))])

    def _a_step_before(self, now: int, pose: Array, tips: Array) -> tuple[Array, Array]:
        """Return poses and fingertips a step ago; as they are, if it is not known since when."""
        seen = self._seen
        if seen is None or not 0 < now - seen.step <= CHUNK:
            return pose, tips
        share = 1 / (now - seen.step)
        before, tips_before = seen.state.pose, seen.state.tips.position
        return pose + share * (before - pose), tips + share * (tips_before - tips)

    def _reach(self, state: HandState, plan: Schedule, chunk: Array) -> Array:
        """Return the targets (n,) that take the fingertips along `chunk`."""
        frame = self._frame
        base = inverse_kinematics(frame, state, chunk[:, 0])
        seen = joint_inputs(frame, state, plan, chunk, base)
        self._target = base + frame.unit * self._networks.joints(seen)
        return frame.joints(self._target)
