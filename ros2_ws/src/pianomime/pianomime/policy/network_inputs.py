"""Inputs of the networks of fingertips and joints, one hand a row, and what is made of outputs."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.piano.geometry import is_black, key_top, key_y, pressed_drop
from pianomime.policy.hand_frame import HandFrame
from pianomime.policy.hand_state import HandState
from pianomime.policy.schedule import SLOTS, Schedule
from pianomime.timing import Timing

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

CHUNK_S: Final = 0.2
"""Time of one prediction of fingertips [s]: 4 decisions, as in the paper (section 3.4)."""

TIP_UNIT_M: Final = 0.02
"""Unit of the predicted fingertips [m]."""

_UNIT_M: Final = 0.05
_MOTION_UNIT_M: Final = 0.01
_DAMPING: Final = 1e-4
_POSTURE: Final = 1e-5

PRESS_M: Final = 0.010
"""How far below the pressed key's face policies aim [m]; checkpoints are trained with it."""


def chunk_steps(timing: Timing) -> int:
    """Return how many decisions are predicted at once."""
    return max(1, timing.steps(CHUNK_S))


def fingertip_input_count(frame: HandFrame) -> int:
    """Return the number of columns of `fingertip_inputs`."""
    return 3 + (2 * 3 + SLOTS * 6) * frame.layout.per_hand


def joint_input_count(frame: HandFrame, chunk: int) -> int:
    """Return the number of columns of `joint_inputs` with chunks of so many decisions."""
    return 4 * frame.n - 1 + (3 * chunk + 1 + chunk + 3) * frame.layout.per_hand


def fingertip_inputs(frame: HandFrame, state: HandState, plan: Schedule) -> Floats:
    """Return the inputs of the network of fingertips, (t, inputs)."""
    tips = state.tips
    carried = frame.kinematics.carried(state.pose)
    gap = state.other + carried[:, 1]
    parts = [
        (tips - carried[:, None]) / _UNIT_M,
        (tips - state.tips_before) / _MOTION_UNIT_M,
        carried[:, 0] / _UNIT_M,
        carried[:, 2] / _UNIT_M,
        np.minimum(gap, 0.5) / 0.1,
        _key_inputs(frame, plan, state),
    ]
    return joined(parts)


def joint_inputs(
    frame: HandFrame, state: HandState, plan: Schedule, chunk: Array, base: Array
) -> Floats:
    """Return the inputs of the network of joints, (t, inputs).

    Args:
        frame: Of the hands.
        state: Of the hands.
        plan: Which keys the fingers hold or go to.
        chunk: (t, chunk, fingers, 3) fingertips at the ends of the next decisions [m].
        base: (t, na) from `inverse_kinematics`.
    """
    scale, tips = frame.action_scale, state.tips
    key, present = plan.key[:, :, 0], plan.present[:, :, 0]
    down = np.take_along_axis(state.key_position, key, axis=1) * present
    parts = [
        ((state.pose - frame.relaxed) / frame.posture_scale)[:, frame.beside],
        (state.pose - state.before) / (0.3 * scale),
        (state.commanded - state.pose) / scale,
        (base - state.pose) / scale,
        (chunk - tips[:, None]) / 0.02,
        (tips[:, :, 2] - 0.03) / 0.02,
        plan.contacts(chunk.shape[1]),
        down,
        is_black()[key] & present,
        plan.scaled(plan.begins[:, :, 0]) * present,
    ]
    return joined(parts)


def inverse_kinematics(frame: HandFrame, state: HandState, tips: Array) -> Array:
    """Return the pose (t, na) one damped least-squares step towards fingertips (t, fingers, 3) [m].

    The network of joints adds to it, as the paper's residual adds to its own (section 3.4).
    """
    pose = state.pose
    jacobian = state.jacobian.reshape(len(pose), -1, frame.n)
    square = jacobian.transpose(0, 2, 1) @ jacobian
    diagonal = np.arange(frame.n)
    square[:, diagonal, diagonal] += _DAMPING * frame.step_weight / 10 + _POSTURE
    error = (tips - state.tips).reshape(len(pose), -1)
    pull = np.einsum("tij,ti->tj", jacobian, error)
    change = np.linalg.solve(square, pull[..., None])[..., 0]
    return np.asarray(np.clip(pose + change, frame.kinematics.lower, frame.kinematics.upper))


def aim(frame: HandFrame, state: HandState, plan: Schedule) -> Array:
    """Return where the keys alone would have the fingertips, (t, chunk, fingers, 3) [m].

    On its key while it holds one, on a straight way there before, and where it is otherwise. The
    network of fingertips adds to it, so that it need not learn where the keys are.
    """
    geometry, tips = frame.geometry, state.tips
    key = plan.key[:, :, 0]
    x = _press_x(frame, key)
    top = key_top()[key] + geometry.tip_m
    y = state.mirror[:, None] * key_y()[key]
    over = np.stack([x, y, top + geometry.hover_m], axis=-1)
    down = np.stack([x, y, top - pressed_drop(key, x) - PRESS_M], axis=-1)
    ahead = np.arange(chunk_steps(plan.timing))[:, None]
    begins, present = plan.begins[:, None, :, 0], plan.present[:, None, :, 0]
    share = np.clip((ahead + 1) / np.maximum(begins, 1), 0.0, 1.0)[..., None]
    heading = tips[:, None] + share * (over - tips)[:, None]
    held = present & (begins <= ahead) & (ahead <= plan.ends[:, None, :, 0])
    going = present & (begins > ahead)
    still = np.where(going[..., None], heading, tips[:, None])
    return np.where(held[..., None], down[:, None], still)


def predict_fingertips(
    network: Callable[[Floats], Floats], frame: HandFrame, state: HandState, plan: Schedule
) -> Array:
    """Return the fingertips at the ends of the next decisions, (t, chunk, fingers, 3) [m]."""
    toward = aim(frame, state, plan)
    way = network(fingertip_inputs(frame, state, plan))
    return np.asarray(toward + TIP_UNIT_M * way.reshape(toward.shape))


def _press_x(frame: HandFrame, key: NDArray[np.int64]) -> Array:
    """Return where on each key it is pressed, x [m]."""
    return np.where(is_black()[key], frame.geometry.black_x_m, frame.geometry.white_x_m)


def _key_inputs(frame: HandFrame, plan: Schedule, state: HandState) -> Array:
    """Return the way from each fingertip to its keys, and when, (t, fingers, SLOTS, 6)."""
    tips, x = state.tips, _press_x(frame, plan.key)
    y = state.mirror[:, None, None] * key_y()[plan.key]
    seen = np.stack(
        [
            np.ones_like(x),
            np.clip((y - tips[:, :, None, 1]) / _UNIT_M, -8, 8),
            (x - tips[:, :, None, 0]) / _UNIT_M,
            is_black()[plan.key],
            plan.scaled(plan.begins),
            plan.scaled(plan.ends),
        ],
        axis=-1,
    )
    return np.asarray(seen * plan.present[..., None])


def joined(parts: Sequence[Array]) -> Floats:
    """Return the columns of all parts (t, ...), as networks take them, (t, columns)."""
    return np.concatenate([np.reshape(p, (len(p), -1)) for p in parts], axis=1, dtype=np.float32)
