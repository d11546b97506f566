"""The paper's shapes (section 3): from the whole score ahead to both hands, no fingers assigned.

The goal keys are seen as they are or, where there is a network `encoder`, encoded (section 3.3).
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.errors import ModelError
from pianomime.hands.fingers import SIDES
from pianomime.piano.geometry import N_KEYS
from pianomime.policy.checkpoint import Checkpoint
from pianomime.policy.hand_frame import HandFrame
from pianomime.policy.hand_state import HandState, Motion, by_hand, to_both
from pianomime.policy.network_inputs import (
    TIP_UNIT_M,
    chunk_steps,
    inverse_kinematics,
    joined,
    joint_input_count,
    joint_inputs,
)
from pianomime.policy.networks.network import Sizes
from pianomime.policy.observation import Observation
from pianomime.policy.protocol import Action
from pianomime.policy.schedule import Schedule
from pianomime.score.step_notes import NoteName
from pianomime.timing import Timing

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

WHOLE_SCORE_LOOKAHEAD_S: Final = 1.0
"""Time that these policies look ahead [s]."""

ENCODER: Final = "encoder"
"""Network from goal keys (t, 88) to what is seen of them; without it, they are seen as they are."""

FINGERTIPS: Final = "fingertips"
"""Network from `score_inputs` to both hands' way, of `two_stages`."""

JOINTS: Final = "joints"
"""Network from `joint_inputs` to one hand's pose, of `two_stages`."""

TARGETS: Final = "targets"
"""Network from `score_inputs` and poses to both hands' targets, of `one_stage`."""

ABSOLUTE: Final = "absolute"
"""Setting of `two_stages`: joints add to the relaxed pose, not to inverse kinematics."""


def goal_steps(timing: Timing) -> int:
    """Return how many decisions of goal keys are seen."""
    return timing.steps(WHOLE_SCORE_LOOKAHEAD_S) + 1


def hand_inputs(frame: HandFrame, motion: Motion) -> Floats:
    """Return fingertips, their motion and places of both hands, (t, inputs)."""
    tips = frame.fingertips(motion.pose)
    moved = tips - motion.tips_before
    return joined((tips / 0.1, moved / 0.01, frame.kinematics.carried(motion.pose) / 0.1))


def score_inputs(goal_keys: Floats, encoder: Callable[[Floats], Floats] | None) -> Floats:
    """Return goal keys (t, steps, 88) as they are seen, (t, inputs)."""
    seen = goal_keys if encoder is None else encoder(goal_keys.reshape(-1, N_KEYS))
    return np.asarray(np.reshape(seen, (len(goal_keys), -1)))


def pose_inputs(frame: HandFrame, pose: Array) -> Floats:
    """Return both hands' poses (t, 2, na) as they are seen, (t, inputs)."""
    scaled = (pose - frame.relaxed) / frame.action_scale
    return np.asarray(scaled.reshape(len(pose), -1), np.float32)


def two_stages_sizes(frame: HandFrame, checkpoint: Checkpoint) -> Sizes:
    """Return how many inputs and outputs each network has."""
    chunk = chunk_steps(checkpoint.card.timing)
    way = frame.layout.count * chunk * 3
    return {
        **_encoder_sizes(checkpoint),
        FINGERTIPS: (_score_and_hands(frame, checkpoint), way),
        JOINTS: (joint_input_count(frame, chunk), frame.n),
    }


def one_stage_sizes(frame: HandFrame, checkpoint: Checkpoint) -> Sizes:
    """Return how many inputs and outputs each network has."""
    both = len(SIDES) * frame.n
    return {
        **_encoder_sizes(checkpoint),
        TARGETS: (_score_and_hands(frame, checkpoint) + both, both),
    }


def _score_and_hands(frame: HandFrame, checkpoint: Checkpoint) -> int:
    encoder = checkpoint.networks.get(ENCODER)
    seen = N_KEYS if encoder is None else encoder.outputs
    hands = (2 * frame.layout.count + len(SIDES)) * 3
    return goal_steps(checkpoint.card.timing) * seen + hands


def _encoder_sizes(checkpoint: Checkpoint) -> Sizes:
    encoder = checkpoint.networks.get(ENCODER)
    return {} if encoder is None else {ENCODER: (N_KEYS, encoder.outputs)}


class _WholeScore:
    """What both shapes share: the score as it is seen, and the pose a decision ago."""

    lookahead_s = WHOLE_SCORE_LOOKAHEAD_S
    fingers: Mapping[NoteName, int] = {}

    def __init__(self, frame: HandFrame, timing: Timing, checkpoint: Checkpoint) -> None:
        """Begin with nothing played."""
        self._frame, self._timing = frame, timing
        self._networks, self._settings = checkpoint.networks, checkpoint.card.settings
        self._steps = goal_steps(timing)
        self.reset()

    def reset(self) -> None:
        """Forget what was played."""
        self._before: Array | None = None

    def _look(self, observation: Observation) -> tuple[Motion, Floats]:
        """Return the motion of both hands, and the inputs of score and hands."""
        frame = self._frame
        pose = frame.poses(observation.joint_position)[None]
        before = pose if self._before is None else self._before
        self._before = pose
        previous = observation.previous
        commanded = pose if previous is None else frame.poses(previous)[None]
        no_keys = np.zeros((1, N_KEYS), np.float32)  # the joints' network sees none
        motion = Motion(pose, before, frame.fingertips(before), commanded, no_keys)
        goal_keys = observation.goal_keys(self._steps)[None].astype(np.float32)
        score = score_inputs(goal_keys, self._networks.get(ENCODER))
        return motion, np.concatenate([score, hand_inputs(frame, motion)], axis=1)


class OneStage(_WholeScore):
    """Policy of one network, from score, hands and poses to the targets of a decision."""

    def step(self, observation: Observation) -> Action:
        """Return the action of the decision that begins."""
        motion, seen = self._look(observation)
        seen = np.concatenate([seen, pose_inputs(self._frame, motion.pose)], axis=1)
        change = self._networks[TARGETS](seen).reshape(motion.pose.shape)
        target = self._frame.joints(motion.pose + self._frame.action_scale * change)
        return Action.hold(target, self._timing)


class TwoStages(_WholeScore):
    """Policy of two networks: from score and hands to fingertips, from fingertips to joints."""

    def __init__(self, frame: HandFrame, timing: Timing, checkpoint: Checkpoint) -> None:
        """Begin with nothing played.

        Raises:
            ModelError: A setting is missing.
        """
        super().__init__(frame, timing, checkpoint)
        absolute = self._settings.get(ABSOLUTE)
        if not isinstance(absolute, bool):
            raise ModelError(f"{ABSOLUTE} = {absolute!r}: must be true or false")
        self._absolute = absolute

    def step(self, observation: Observation) -> Action:
        """Return the action of the decision that begins."""
        frame = self._frame
        motion, seen = self._look(observation)
        state = HandState.of(frame, motion)
        chunk = chunk_steps(self._timing)
        shape = (1, len(SIDES), chunk, frame.layout.per_hand, 3)
        way = self._networks[FINGERTIPS](seen).reshape(shape)
        ahead = state.tips[:, None] + TIP_UNIT_M * by_hand(way.astype(float))
        base, inputs = low_level(frame, state, ahead, self._absolute, self._timing)
        target = base + frame.action_scale * self._networks[JOINTS](inputs)
        return Action.hold(frame.joints(to_both(target)), self._timing)


def low_level(
    frame: HandFrame, state: HandState, chunk: Array, absolute: bool, timing: Timing
) -> tuple[Array, Floats]:
    """Return the poses (t, na) to which the network of joints adds, and its inputs.

    Args:
        frame: Of the hands.
        state: Of the hands.
        chunk: (t, chunk, fingers, 3) fingertips [m].
        absolute: Whether it adds to the relaxed pose.
        timing: Of the decisions.
    """
    reached = inverse_kinematics(frame, state, chunk[:, 0])
    plan = Schedule.empty(len(reached), timing, frame.layout)
    inputs = joint_inputs(frame, state, plan, chunk, reached * (not absolute))
    return np.broadcast_to(frame.relaxed, reached.shape) if absolute else reached, inputs
