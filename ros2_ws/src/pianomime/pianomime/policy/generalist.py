"""The generalist: assigns fingers, predicts fingertips, reaches for them, at every decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import SIDES
from pianomime.policy.finger_choice import LOOKAHEAD_S, choice_input_count
from pianomime.policy.finger_memory import FingerMemory
from pianomime.policy.hand_frame import HandFrame
from pianomime.policy.hand_state import HandState, Motion, by_hand, to_both
from pianomime.policy.network_inputs import (
    chunk_steps,
    fingertip_input_count,
    inverse_kinematics,
    joint_input_count,
    joint_inputs,
    predict_fingertips,
)
from pianomime.policy.networks.network import Network, Sizes
from pianomime.policy.observation import Observation
from pianomime.policy.protocol import Action
from pianomime.policy.schedule import Schedule, schedule
from pianomime.score.step_notes import NoteName, StepNote, one_key_a_finger
from pianomime.timing import Timing

Array = NDArray[np.float64]

FINGERS: Final = "fingers"
"""Network from `choice_inputs` to a score for each finger."""

FINGERTIPS: Final = "fingertips"
"""Network from `fingertip_inputs` to what is added to `aim`."""

JOINTS: Final = "joints"
"""Network from `joint_inputs` to what is added to inverse kinematics."""


def generalist_sizes(frame: HandFrame, timing: Timing) -> Sizes:
    """Return how many inputs and outputs each network has."""
    chunk, layout = chunk_steps(timing), frame.layout
    return {
        FINGERS: (choice_input_count(layout), layout.count),
        FINGERTIPS: (fingertip_input_count(frame), chunk * layout.per_hand * 3),
        JOINTS: (joint_input_count(frame, chunk), frame.n),
    }


@dataclass(frozen=True)
class _Seen:
    """The hands at the last observation.

    Attributes:
        now: Its decision.
        pose: (2, na) [rad, m].
        tips: (2, fingers, 3) [m].
    """

    now: int
    pose: Array
    tips: Array


class Generalist:
    """Policy of three networks: fingers, fingertips, joints."""

    lookahead_s = LOOKAHEAD_S

    def __init__(self, frame: HandFrame, timing: Timing, networks: Mapping[str, Network]) -> None:
        """Begin with nothing played; the networks are those of `generalist_sizes`."""
        self._frame, self._timing = frame, timing
        self._networks = networks
        self._chunk = chunk_steps(timing)
        self.reset()

    @property
    def fingers(self) -> dict[NoteName, int]:
        """Fingers that are decided of the notes in sight."""
        return self._memory.fingers

    def reset(self) -> None:
        """Forget what was played."""
        self._memory = FingerMemory(self._networks[FINGERS], self._timing, self._frame.layout)
        self._seen: _Seen | None = None

    def step(self, observation: Observation) -> Action:
        """Return the action of the decision that begins: one held target in each decision."""
        now, timing = observation.now, self._timing
        self._memory.update(now, observation.notes)
        notes = one_key_a_finger(self._memory.notes)
        plan = schedule(notes, np.array([now]), timing, self._frame.layout)
        state = self._observe(observation)
        chunk = self.fingertips(state, plan)

        def later() -> Array:
            targets = self._reach_later(now, notes, state, chunk)
            return Action.hold(targets, timing).targets

        target = self._reach(state, plan, chunk)
        return Action.hold(target, timing, later if self._chunk > 1 else None)

    def fingertips(self, state: HandState, plan: Schedule) -> Array:
        """Return the fingertips at the ends of the next decisions, (2, chunk, fingers, 3) [m]."""
        return predict_fingertips(self._networks[FINGERTIPS], self._frame, state, plan)

    def _observe(self, observation: Observation) -> HandState:
        """Return the state of both hands, and remember it for the next."""
        frame, now = self._frame, observation.now
        pose = frame.poses(observation.joint_position)
        tips = frame.kinematics.fingertips(pose)
        before, tips_before = self._a_decision_before(now, pose, tips.position)
        self._seen = _Seen(now, pose, tips.position)
        previous = observation.previous
        commanded = pose if previous is None else frame.poses(previous)
        keys = observation.key_position.astype(np.float32)  # as in a message
        motion = Motion(pose[None], before[None], tips_before[None], commanded[None], keys[None])
        return HandState.of(frame, motion, tips)

    def _a_decision_before(self, now: int, pose: Array, tips: Array) -> tuple[Array, Array]:
        """Return poses and fingertips a decision ago; as they are, if they were not observed."""
        seen = self._seen
        if seen is None or not 0 < now - seen.now <= self._chunk:
            return pose, tips
        share = 1 / (now - seen.now)
        return pose + share * (seen.pose - pose), tips + share * (seen.tips - tips)

    def _reach_later(
        self, now: int, notes: Sequence[StepNote], state: HandState, chunk: Array
    ) -> Array:
        """Return the targets (chunk - 1, n) of the decisions after `now`, from its state."""
        ahead = range(1, self._chunk)
        plans = schedule(notes, now + np.array(ahead), self._timing, self._frame.layout)
        repeated = state.at([side for side in range(len(SIDES)) for _ in ahead])
        left = [np.concatenate([chunk[:, k:], *[chunk[:, -1:]] * k], axis=1) for k in ahead]
        return self._reach(repeated, plans, by_hand(np.stack(left)))

    def _reach(self, state: HandState, plan: Schedule, chunk: Array) -> Array:
        """Return the targets (t, n) that take the fingertips along `chunk` (2 t, chunk, f, 3)."""
        frame = self._frame
        base = inverse_kinematics(frame, state, chunk[:, 0])
        inputs = joint_inputs(frame, state, plan, chunk, base)
        target = base + frame.action_scale * self._networks[JOINTS](inputs)
        return frame.joints(to_both(target))
