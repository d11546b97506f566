"""What the two stages see and say, for one hand at many control steps, in `HandFrame`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import FINGERS_PER_HAND
from pianomime.hands.kinematics import FingertipPoses
from pianomime.piano.geometry import is_black, key_top, key_y, pressed_drop
from pianomime.policy.finger_choice import COMMIT_STEPS
from pianomime.policy.hand_frame import HandFrame
from pianomime.policy.schedule import SLOTS, Schedule

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

CHUNK: Final = 4
"""Steps of fingertips that the high level says at once, as in the paper (section 3.4)."""

TIP_UNIT_M: Final = 0.02
"""Unit of the high level's answers."""

_UNIT_M: Final = 0.05
_UNIT_STEPS: Final = 10.0
_DAMPING: Final = 1e-4
_POSTURE: Final = 1e-5


@dataclass(frozen=True)
class HandState:
    """One hand at many control steps, or both at one.

    Attributes:
        pose: (t, na) [rad, m].
        before: (t, na) a step earlier.
        tips: Fingertips at `pose`.
        tips_before: (t, 5, 3) fingertips at `before` [m].
        commanded: (t, na) the target of the step before.
        other: (t,) how far outwards the other hand is, in its own frame [m].
        keys: (t, 88) how far each key is down, 0 .. 1.
        mirror: (t,) factor on the keys' y.
    """

    pose: Array
    before: Array
    tips: FingertipPoses
    tips_before: Array
    commanded: Array
    other: Array
    keys: Floats
    mirror: Array


def fingertip_input_count() -> int:
    """Return how many numbers `fingertip_inputs` gives a step."""
    return 2 * 3 * FINGERS_PER_HAND + 3 + FINGERS_PER_HAND * SLOTS * 6


def joint_input_count(coordinates: int) -> int:
    """Return how many numbers `joint_inputs` gives a step for hands of so many coordinates."""
    return 4 * coordinates - 1 + (3 * CHUNK + 1 + CHUNK + 3) * FINGERS_PER_HAND


def fingertip_inputs(frame: HandFrame, state: HandState, plan: Schedule) -> Floats:
    """Return what the high level sees, (t, inputs)."""
    tips = state.tips.position
    carried = frame.kinematics.forearm(state.pose)
    request = _targets(frame, plan, state)
    gap = state.other + carried[:, 1]
    parts = [
        (tips - carried[:, None]) / _UNIT_M,
        (tips - state.tips_before) / 0.01,
        carried[:, 0] / _UNIT_M,
        carried[:, 2] / _UNIT_M,
        np.minimum(gap, 0.5) / 0.1,
        request,
    ]
    return _joined(parts)


def joint_inputs(
    frame: HandFrame, state: HandState, plan: Schedule, chunk: Array, base: Array
) -> Floats:
    """Return what the low level sees, (t, inputs).

    Args:
        frame: Of the hands.
        state: Of the hand.
        plan: Which keys its fingers hold or go to.
        chunk: (t, CHUNK, 5, 3) where the fingertips are to be at the ends of the next steps [m].
        base: (t, na) from `inverse_kinematics`.
    """
    mine = ~np.eye(frame.n, dtype=bool)[frame.along]  # all but the place along the keyboard
    scale, tips = frame.unit, state.tips.position
    down = np.take_along_axis(state.keys, plan.key[:, :, 0], axis=1) * plan.present[:, :, 0]
    contacts = np.stack([plan.contact(ahead) for ahead in range(CHUNK)], axis=1)
    parts = [
        ((state.pose - frame.relaxed) / np.where(frame.slides, 0.02, 0.5))[:, mine],
        (state.pose - state.before) / (0.3 * scale),
        (state.commanded - state.pose) / scale,
        (base - state.pose) / scale,
        (chunk - tips[:, None]) / 0.02,
        (tips[:, :, 2] - 0.03) / 0.02,
        contacts,
        down,
        is_black()[plan.key[:, :, 0]] & plan.present[:, :, 0],
        np.clip(plan.begins[:, :, 0], -5, COMMIT_STEPS) / _UNIT_STEPS * plan.present[:, :, 0],
    ]
    return _joined(parts)


def inverse_kinematics(frame: HandFrame, state: HandState, wanted: Array) -> Array:
    """Return the pose (t, na) one damped step towards fingertips `wanted` (t, 5, 3).

    The low level's answer is added to it, as the paper's residual is to its own (section 3.4).
    """
    pose = state.pose
    jacobian = state.tips.jacobian().reshape(len(pose), -1, frame.n)
    weight = np.where(frame.slides, 0.05, 0.3) ** -2.0  # a forearm moves cm, a finger tenths
    square = jacobian.transpose(0, 2, 1) @ jacobian
    diagonal = np.arange(frame.n)
    square[:, diagonal, diagonal] += _DAMPING * weight / 10 + _POSTURE
    error = (wanted - state.tips.position).reshape(len(pose), -1)
    pull = np.einsum("tij,ti->tj", jacobian, error)
    change = np.linalg.solve(square, pull[..., None])[..., 0]
    return np.asarray(np.clip(pose + change, frame.kinematics.lower, frame.kinematics.upper))


def aim(frame: HandFrame, state: HandState, plan: Schedule) -> Array:
    """Return where the keys alone would have the fingertips, (t, CHUNK, 5, 3) [m].

    On its key while it holds one, on a straight way there before, and where it is otherwise: what
    the high level says is added to it, so that it need not learn where the keys are.
    """
    geometry, tips = frame.geometry, state.tips.position
    key = plan.key[:, :, 0]
    x = _press_x(frame, key)
    top = key_top()[key] + geometry.tip_m
    y = state.mirror[:, None] * key_y()[key]
    over = np.stack([x, y, top + geometry.hover_m], axis=-1)
    down = np.stack([x, y, top - pressed_drop(key, x) - geometry.press_m], axis=-1)
    ahead = np.arange(CHUNK)[:, None]
    begins, present = plan.begins[:, None, :, 0], plan.present[:, None, :, 0]
    share = np.clip((ahead + 1) / np.maximum(begins, 1), 0.0, 1.0)[..., None]
    heading = tips[:, None] + share * (over - tips)[:, None]
    held = present & (begins <= ahead) & (ahead <= plan.ends[:, None, :, 0])
    going = present & (begins > ahead)
    still = np.where(going[..., None], heading, tips[:, None])
    return np.where(held[..., None], down[:, None], still)


def lead(
    network: Callable[[Floats], Floats], frame: HandFrame, state: HandState, plan: Schedule
) -> Array:
    """Return where the high level `network` has the fingertips go, (t, CHUNK, 5, 3) [m]."""
    toward = aim(frame, state, plan)
    way = network(fingertip_inputs(frame, state, plan))
    return np.asarray(toward + TIP_UNIT_M * way.reshape(toward.shape))


def _press_x(frame: HandFrame, key: NDArray[np.int64]) -> Array:
    """Return where on each key it is pressed, x [m]."""
    return np.where(is_black()[key], frame.geometry.black_x_m, frame.geometry.white_x_m)


def _targets(frame: HandFrame, plan: Schedule, state: HandState) -> Array:
    """Return the way from each fingertip to its keys, and when, (t, 5, SLOTS, 6)."""
    tips, x = state.tips.position, _press_x(frame, plan.key)
    y = state.mirror[:, None, None] * key_y()[plan.key]
    request = np.stack(
        [
            np.ones_like(x),
            np.clip((y - tips[:, :, None, 1]) / _UNIT_M, -8, 8),
            (x - tips[:, :, None, 0]) / _UNIT_M,
            is_black()[plan.key],
            np.clip(plan.begins, -5, COMMIT_STEPS) / _UNIT_STEPS,
            np.clip(plan.ends, -5, COMMIT_STEPS) / _UNIT_STEPS,
        ],
        axis=-1,
    )
    return np.asarray(request * plan.present[..., None])


def _joined(parts: list[Array]) -> Floats:
    return np.concatenate([np.reshape(p, (len(p), -1)) for p in parts], axis=1, dtype=np.float32)
