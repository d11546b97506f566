"""From demonstrations to the inputs and answers of the generalist's networks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.fingering.costs import Partials
from pianomime.fingering.problem import onset_of
from pianomime.hands.finger_layout import FingerLayout
from pianomime.hands.fingers import UNASSIGNED
from pianomime.learning.episode import Episode
from pianomime.learning.pairs import Pairs
from pianomime.policy.finger_choice import choice_inputs, follow, upcoming
from pianomime.policy.hand_frame import HandFrame
from pianomime.policy.hand_state import HandState, Motion, by_hand
from pianomime.policy.network_inputs import (
    TIP_UNIT_M,
    aim,
    chunk_steps,
    fingertip_inputs,
    inverse_kinematics,
    joint_inputs,
    predict_fingertips,
)
from pianomime.policy.networks.network import Network
from pianomime.policy.schedule import Schedule, schedule
from pianomime.score.step_notes import StepNote, by_onset, one_key_a_finger
from pianomime.timing import Timing

Array = NDArray[np.float64]

_PRESSING: Final = 4.0
"""Weight of a fingertip that presses: there a millimetre decides, elsewhere it does not matter."""


@dataclass(frozen=True)
class Observed:
    """What both hands saw in an episode, one hand a row, see `HandState`.

    Attributes:
        state: Hands and keys.
        plan: Keys that the fingers hold or go to.
        chunk: (2 t, chunk, fingers, 3) the teacher's fingertips at the ends of decisions [m].
        expert_action: (2 t, na) the teacher's targets [rad, m].
    """

    state: HandState
    plan: Schedule
    chunk: Array
    expert_action: Array


def motion_of(episode: Episode, frame: HandFrame) -> Motion:
    """Return what the hands did in an episode."""
    pose = episode.pose.astype(float)
    before = np.concatenate([pose[:1], pose[:-1]])
    commanded = np.concatenate([pose[:1], episode.executed[:-1].astype(float)])
    return Motion(pose, before, frame.fingertips(before), commanded, episode.key_position)


def planned_chunks(episode: Episode, frame: HandFrame) -> Array:
    """Return the teacher's fingertips in the next decisions, (t, 2, chunk, fingers, 3) [m]."""
    count = len(episode.pose)
    chunk = np.arange(chunk_steps(episode.timing))
    ahead = np.minimum(np.arange(count)[:, None] + 1 + chunk, count - 1)
    tips = frame.fingertips(episode.planned.astype(float))[ahead]
    return np.asarray(tips.transpose(0, 2, 1, 3, 4))


def observed(episode: Episode, frame: HandFrame) -> Observed:
    """Return what both hands saw in an episode."""
    decisions = episode.first_step + np.arange(len(episode.pose))
    notes = one_key_a_finger(episode.notes)
    return Observed(
        state=HandState.of(frame, motion_of(episode, frame)),
        plan=schedule(notes, decisions, episode.timing, frame.layout),
        chunk=by_hand(planned_chunks(episode, frame)),
        expert_action=by_hand(episode.expert_action.astype(float)),
    )


def finger_pairs(notes: Sequence[StepNote], timing: Timing, layout: FingerLayout) -> Pairs:
    """Return the inputs of the network of fingers for each note, and the teacher's finger."""
    groups = by_onset(note for note in notes if note.finger != UNASSIGNED)
    ordered = [note for group in groups for note in group]
    before, inputs, fingers = Partials.at_rest(layout, timing), [], []
    for group in groups:
        onset = onset_of(group)
        inputs.append(choice_inputs(before, onset, upcoming(ordered, onset.first), timing))
        fingers.append(onset.given)
        before = follow(before, onset, onset.given)
    return Pairs.even(np.concatenate(inputs), np.concatenate(fingers))


def fingertip_pairs(episode: Episode, frame: HandFrame) -> Pairs:
    """Return the inputs of the network of fingertips, and the way to the teacher's."""
    seen = observed(episode, frame)
    inputs = fingertip_inputs(frame, seen.state, seen.plan)
    way = (seen.chunk - aim(frame, seen.state, seen.plan)) / TIP_UNIT_M
    contacts = seen.plan.contacts(way.shape[1] + 1)
    presses = contacts[:, :-1] | contacts[:, 1:]
    weight = np.where(presses[..., None], _PRESSING, 1.0) * np.ones(3)
    flat = (len(inputs), -1)
    return Pairs(
        inputs, way.reshape(flat).astype(np.float32), weight.reshape(flat).astype(np.float32)
    )


def joint_pairs(
    episode: Episode, frame: HandFrame, fingertips: Network | None, rng: np.random.Generator
) -> Pairs:
    """Return the inputs of the network of joints, and the teacher's residual.

    Args:
        episode: Demonstration.
        frame: Of its hands.
        fingertips: Network whose predicted fingertips replace the teacher's in a random half of
            the rows, so that the network of joints learns to follow its errors; None for none.
        rng: Random number generator.
    """
    seen = observed(episode, frame)
    chunk = seen.chunk
    if fingertips is not None:
        predicted = predict_fingertips(fingertips, frame, seen.state, seen.plan)
        replaced = rng.random(len(chunk)) < 0.5
        chunk = np.where(replaced[:, None, None, None], predicted, chunk)
    base = inverse_kinematics(frame, seen.state, chunk[:, 0])
    inputs = joint_inputs(frame, seen.state, seen.plan, chunk, base)
    residual = (seen.expert_action - base) / frame.action_scale
    return Pairs.even(inputs, residual.astype(np.float32))
