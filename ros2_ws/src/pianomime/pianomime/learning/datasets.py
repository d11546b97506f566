"""From demonstrations to what the networks see and are to say."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pianomime.fingering.costs import Partials
from pianomime.hands.fingers import SIDES, UNASSIGNED
from pianomime.learning.episode import Episode
from pianomime.policy.finger_choice import choice_inputs, follow, onsets
from pianomime.policy.hand_frame import MIRROR, HandFrame
from pianomime.policy.mlp import Mlp
from pianomime.policy.observation import (
    CHUNK,
    TIP_UNIT_M,
    HandState,
    aim,
    fingertip_inputs,
    inverse_kinematics,
    joint_inputs,
    lead,
)
from pianomime.policy.schedule import Schedule, one_key_a_finger, schedule

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

_PRESSING: Final = 4.0
"""Weight of a fingertip that presses: there a millimetre decides, elsewhere it does not matter."""


@dataclass(frozen=True)
class Pairs:
    """What is seen (rows, inputs), what to answer, and how much each answer counts."""

    inputs: Floats
    answers: NDArray[Any]
    weights: Floats

    @classmethod
    def even(cls, inputs: Floats, answers: NDArray[Any]) -> "Pairs":
        """Return pairs whose answers all count alike."""
        return cls(inputs, answers, np.ones(answers.shape, np.float32))

    @classmethod
    def joined(cls, pairs: Iterable["Pairs"]) -> "Pairs":
        """Put several one after the other."""
        some = list(pairs)
        return cls(
            np.concatenate([p.inputs for p in some]),
            np.concatenate([p.answers for p in some]),
            np.concatenate([p.weights for p in some]),
        )

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.inputs)


@dataclass(frozen=True)
class Seen:
    """What one hand saw in an episode."""

    state: HandState
    plan: Schedule
    chunk: Array  # (steps, CHUNK, 5, 3), the teacher's


def finger_pairs(notes: Ints) -> Pairs:
    """Return what the finger network sees of each note (n, 4), and the teacher's finger."""
    notes = notes[notes[:, 3] != UNASSIGNED]
    ordered = notes[np.lexsort((notes[:, 2], notes[:, 0]))]
    before, inputs, fingers = Partials.at_rest(), [], []
    for onset, _ in onsets(ordered):
        later = ordered[np.searchsorted(ordered[:, 0], onset.first, side="right") :]
        inputs.append(choice_inputs(before, onset, (later[:, 0], later[:, 1], later[:, 2])))
        fingers.append(onset.given)
        before = follow(before, onset, onset.given)
    return Pairs.even(np.concatenate(inputs), np.concatenate(fingers))


def fingertip_pairs(episode: Episode, frame: HandFrame) -> Pairs:
    """Return what the high level sees of both hands, and where the teacher's fingertips go."""
    return Pairs.joined(_high(seen, frame) for seen in seen_by(episode, frame))


def joint_pairs(
    episode: Episode, frame: HandFrame, high: Mlp | None, rng: np.random.Generator
) -> Pairs:
    """Return what the low level sees of both hands, and the teacher's command.

    Args:
        episode: Demonstration.
        frame: Of its hands.
        high: The high level that will lead: in half of the rows, by chance, its fingertips are
            seen in place of the teacher's, so that its habits are known. None: the teacher's.
        rng: Chance.
    """
    parts = []
    for side, seen in enumerate(seen_by(episode, frame)):
        chunk = seen.chunk
        if high is not None:
            led = lead(high, frame, seen.state, seen.plan)
            by_chance = rng.random(len(chunk)) < 0.5
            chunk = np.where(by_chance[:, None, None, None], led, chunk)
        base = inverse_kinematics(frame, seen.state, chunk[:, 0])
        inputs = joint_inputs(frame, seen.state, seen.plan, chunk, base)
        residual = ((episode.wanted[:, side] - base) / frame.unit).astype(np.float32)
        parts.append(Pairs.even(inputs, residual))
    return Pairs.joined(parts)


def _high(seen: Seen, frame: HandFrame) -> Pairs:
    inputs = fingertip_inputs(frame, seen.state, seen.plan)
    way = (seen.chunk - aim(frame, seen.state, seen.plan)) / TIP_UNIT_M
    presses = np.stack([seen.plan.contact(k) | seen.plan.contact(k + 1) for k in range(CHUNK)], 1)
    weight = np.where(presses[..., None], _PRESSING, 1.0) * np.ones(3)
    flat = (len(inputs), -1)
    return Pairs(
        inputs, way.reshape(flat).astype(np.float32), weight.reshape(flat).astype(np.float32)
    )


def seen_by(episode: Episode, frame: HandFrame) -> list[Seen]:
    """Return what each hand saw in an episode."""
    notes = one_key_a_finger(episode.notes)
    count = len(episode.pose)
    steps = episode.first_step + np.arange(count)
    ahead = np.minimum(np.arange(count)[:, None] + 1 + np.arange(CHUNK), count - 1)
    pose = episode.pose.astype(float)
    before = np.concatenate([pose[:1], pose[:-1]])
    commanded = np.concatenate([pose[:1], episode.executed[:-1].astype(float)])
    outwards = frame.kinematics.forearm(pose)[..., 1]
    seen = []
    for side in range(len(SIDES)):
        state = HandState(
            pose=pose[:, side],
            before=before[:, side],
            tips=frame.kinematics.fingertips(pose[:, side]),
            tips_before=frame.fingertips(before[:, side]),
            commanded=commanded[:, side],
            other=outwards[:, 1 - side],
            keys=episode.keys,
            mirror=np.full(count, MIRROR[side]),
        )
        chunk = frame.fingertips(episode.planned[:, side].astype(float))[ahead]
        seen.append(Seen(state, schedule(notes, side, steps), chunk))
    return seen
