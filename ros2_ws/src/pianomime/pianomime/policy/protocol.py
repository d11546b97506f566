"""What a policy is: from an observation to the joint targets of the next decisions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pianomime.errors import ModelError
from pianomime.policy.observation import Observation
from pianomime.score.step_notes import NoteName
from pianomime.timing import Timing

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Action:
    """Joint targets of several decisions: the first is executed, the others if nothing is observed.

    Attributes:
        targets: (decisions, points, n) [rad, m].
        later: Returns those of the decisions after them, likewise; for when they are needed.
    """

    targets: Array
    later: Callable[[], Array] | None = None

    @classmethod
    def hold(
        cls, targets: Array, timing: Timing, later: Callable[[], Array] | None = None
    ) -> "Action":
        """Return the action to hold one target (n,) in each of the decisions, (decisions, n)."""
        return cls(np.repeat(targets[:, None], timing.points, axis=1), later)

    def complete(self) -> "Action":
        """Return the action with its later targets worked out."""
        if self.later is None:
            return self
        return Action(np.concatenate((self.targets, self.later())))

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
