"""Types of the gate: its state, requests and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class GateState(IntEnum):
    """What the gate lets through; the values are those of the ROS message."""

    DISARMED = 0
    """Nothing passes."""
    ARMED = 1
    """The owner's first good command makes it ACTIVE."""
    ACTIVE = 2
    """Commands of the owner pass."""
    HALTING = 3
    """Hands slow down and are lifted; simulated ones may go on when their owner is back."""
    HALTED = 4
    """Hands are up and held."""
    FAULT = 5
    """As HALTED, but a person is wanted: left by a reset with fresh joint states alone."""


class Verdict(IntEnum):
    """What became of a command; the values are those of the ROS message."""

    ACCEPTED = 0
    CLAMPED = 1
    """To the joints' limits."""
    LIMITED = 2
    """In velocity or acceleration."""
    SLOWED = 3
    """For want of clearance; in the end to standing still."""
    REJECTED_NONFINITE = 4
    REJECTED_NAMES = 5
    REJECTED_STAMP = 6
    REJECTED_OWNER = 7
    REJECTED_STATE = 8
    REJECTED_POINTS = 9
    """None, too many, out of order, or beyond the decision."""

    @property
    def passed(self) -> bool:
        """Whether something went on to the hands."""
        return self <= Verdict.SLOWED


@dataclass(frozen=True)
class Request:
    """A command as a controller sends it.

    Attributes:
        names: (n,) joints, in any order.
        positions: A row (n,) of targets for each point [rad, m].
        times_s: When each is to be reached, from `stamp_s` on [s].
        stamp_s: Start of the decision [s, ROS].
    """

    names: Sequence[str]
    positions: Sequence[Sequence[float] | Array]
    times_s: Sequence[float]
    stamp_s: float


@dataclass(frozen=True)
class GateResult:
    """Outcome of one command.

    Attributes:
        verdict: Passed or why not; the severest where several hold.
        detail: Names the offender; empty when accepted as it is.
        target: (points, n) targets for the hands, in the gate's order; None when rejected.
        times_s: (points,) when each is to be reached [s].
    """

    verdict: Verdict
    detail: str = ""
    target: Array | None = None
    times_s: tuple[float, ...] = ()
