"""What a policy is: from an observation to the joint targets of the next decisions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pianomime.errors import ModelError
from pianomime.fingering.online import NoteName
from pianomime.policy.observation import Observation
from pianomime.timing import Timing

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Action:
    """Joint targets of several decisions: the first is executed, the others if nothing is observed.

    Attributes:
        targets: (decisions, points, n) [rad, m].
    """

    targets: Array

    @classmethod
    def hold(cls, targets: Array, timing: Timing) -> "Action":
        """Return the action to hold one target (n,) in each of the decisions, (decisions, n)."""
        return cls(np.repeat(targets[:, None], timing.points, axis=1))

    def check(self, points: int, joints: int) -> None:
        """Check the action of a policy.

        Raises:
            ModelError: It has no decision, another shape, or targets that are not finite.
        """
        shape = self.targets.shape
        if len(shape) != 3 or not shape[0] or shape[1:] != (points, joints):
            raise ModelError(
                f"the policy's targets have shape {shape}; must be (decisions, {points}, {joints})"
            )
        if not np.isfinite(self.targets).all():
            raise ModelError("the policy's targets are not finite")


class Policy(Protocol):
    """A player of any score, from wherever the hands are."""

    @property
    def lookahead_s(self) -> float:
        """Time ahead of the decision whose notes it observes [s]."""

    @property
    def fingers(self) -> Mapping[NoteName, int]:
        """Fingers that are decided of the notes in sight; empty if it assigns none."""

    def reset(self) -> None:
        """Forget what was played."""

    def step(self, observation: Observation) -> Action:
        """Return the action of the decision that begins."""
