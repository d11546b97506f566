"""From demonstrations to the inputs and answers of the networks of `whole_score` policies."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.learning.datasets import motion_of, observed, planned_chunks
from pianomime.learning.episode import Episode
from pianomime.learning.pairs import Pairs
from pianomime.policy.hand_frame import HandFrame
from pianomime.policy.network_inputs import TIP_UNIT_M
from pianomime.policy.whole_score import (
    goal_steps,
    hand_inputs,
    low_level,
    pose_inputs,
    score_inputs,
)
from pianomime.score.step_notes import key_matrix

Floats = NDArray[np.float32]
Encoder = Callable[[Floats], Floats] | None

_EVERY: Final = 2
"""Of neighbouring decisions, which are much alike, one in so many is learned from."""


def goal_key_windows(episode: Episode) -> Floats:
    """Return the goal keys of each decision and those after it, (t, steps, 88)."""
    count, steps = len(episode.pose), goal_steps(episode.timing)
    keys = key_matrix(episode.notes, episode.first_step, count + steps).astype(np.float32)
    return keys[np.arange(count)[:, None] + np.arange(steps)]


def whole_fingertip_pairs(episode: Episode, frame: HandFrame, encoder: Encoder) -> Pairs:
    """Return the inputs of `two_stages`' network of fingertips, and the teacher's fingertips."""
    motion = motion_of(episode, frame)
    tips = frame.fingertips(motion.pose)
    way = (planned_chunks(episode, frame) - tips[:, :, None]) / TIP_UNIT_M
    seen = [
        score_inputs(goal_key_windows(episode), encoder),
        hand_inputs(frame, motion),
    ]
    return _pairs(seen, way)


def one_stage_pairs(episode: Episode, frame: HandFrame, encoder: Encoder) -> Pairs:
    """Return the inputs of `one_stage`'s network, and the teacher's targets."""
    motion = motion_of(episode, frame)
    change = (episode.expert_action - motion.pose) / frame.action_scale
    seen = [
        score_inputs(goal_key_windows(episode), encoder),
        hand_inputs(frame, motion),
        pose_inputs(frame, motion.pose),
    ]
    return _pairs(seen, change)


def whole_joint_pairs(episode: Episode, frame: HandFrame, absolute: bool) -> Pairs:
    """Return the inputs of `two_stages`' network of joints, and the teacher's targets."""
    seen = observed(episode, frame)
    state = seen.state
    base, inputs = low_level(frame, state, seen.chunk, absolute, episode.timing)
    answer = (seen.expert_action - base) / frame.action_scale
    return Pairs.even(inputs, answer.astype(np.float32))


def _pairs(seen: list[Floats], answers: NDArray[np.float64]) -> Pairs:
    flat = answers.reshape(len(answers), -1).astype(np.float32)
    return Pairs.even(np.concatenate(seen, axis=1)[::_EVERY], flat[::_EVERY])
