"""State of the hands and keys as the networks see it, in `HandFrame`: for playing and training."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.kinematics import FingertipPoses
from pianomime.policy.hand_frame import MIRROR, HandFrame

Array = NDArray[np.float64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Motion:
    """Both hands at t decisions.

    Attributes:
        pose: (t, 2, na) measured [rad, m].
        before: (t, 2, na) measured a decision earlier.
        tips_before: (t, 2, fingers, 3) fingertips then [m].
        commanded: (t, 2, na) target of the decision before [rad, m].
        key_position: (t, 88) how far each key is down, 0 .. 1.
    """

    pose: Array
    before: Array
    tips_before: Array
    commanded: Array
    key_position: Floats


@dataclass(frozen=True)
class HandState:
    """The hands one by one: the left hand's t rows, then the right hand's.

    Attributes:
        pose: (2 t, na) [rad, m].
        before: (2 t, na) a decision earlier.
        tips: (2 t, fingers, 3) fingertips at `pose` [m].
        jacobian: (2 t, fingers, 3, na) change of `tips` by coordinate.
        tips_before: (2 t, fingers, 3) fingertips a decision earlier [m].
        commanded: (2 t, na) target of the decision before.
        other: (2 t,) how far outwards the other hand is, in its own frame [m].
        key_position: (2 t, 88) how far each key is down, 0 .. 1.
        mirror: (2 t,) factor on the keys' y.
    """

    pose: Array
    before: Array
    tips: Array
    jacobian: Array
    tips_before: Array
    commanded: Array
    other: Array
    key_position: Floats
    mirror: Array

    @classmethod
    def of(
        cls, frame: HandFrame, motion: Motion, tips: FingertipPoses | None = None
    ) -> "HandState":
        """Read both hands; `tips` are those of the rows, where they are known already."""
        steps = len(motion.pose)
        pose = by_hand(motion.pose)
        outwards = frame.kinematics.carried(motion.pose)[..., 1]
        tips = tips or frame.kinematics.fingertips(pose)
        return cls(
            pose=pose,
            before=by_hand(motion.before),
            tips=tips.position,
            jacobian=tips.jacobian(),
            tips_before=by_hand(motion.tips_before),
            commanded=by_hand(motion.commanded),
            other=by_hand(outwards[:, ::-1]),
            key_position=np.tile(motion.key_position, (len(MIRROR), 1)),
            mirror=np.repeat(MIRROR, steps),
        )

    def at(self, rows: list[int]) -> "HandState":
        """Return some of the rows."""
        return HandState(*(getattr(self, field.name)[rows] for field in fields(self)))


def by_hand(both: Array) -> Array:
    """Return (2 t, ...), the left hand's rows and then the right's, of (t, 2, ...)."""
    return np.concatenate([both[:, hand] for hand in range(len(MIRROR))])


def to_both(rows: Array) -> Array:
    """Return (t, 2, ...) of (2 t, ...), see `by_hand`."""
    return np.ascontiguousarray(rows.reshape(len(MIRROR), -1, *rows.shape[1:]).swapaxes(0, 1))
