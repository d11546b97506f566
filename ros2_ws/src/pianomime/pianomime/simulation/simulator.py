"""What plays a command: the simulation, or whatever takes its place in the library."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pianomime.command import Command
from pianomime.hands.hands_model import HandsModel
from pianomime.simulation.simulation import MidiEvent, SimulationState
from pianomime.timing import Timing


class Simulator(Protocol):
    """Hands at a piano that can be stepped, saved and restored.

    Attributes:
        hands: Joints and limits.
        timing: Of the decisions that `step` advances by.
        active: (88,) keys that count as pressed.
        sustain: Whether the pedal is down.
    """

    hands: HandsModel
    timing: Timing
    active: NDArray[np.bool_]
    sustain: bool

    @property
    def joint_position(self) -> NDArray[np.float64]:
        """Positions of the joints [rad, m], (n,)."""

    @property
    def key_position(self) -> NDArray[np.float64]:
        """How far each key is down, 0 .. 1, (88,)."""

    def reset(self) -> None:
        """Go to the start pose, all keys up, at time 0."""

    def place(self, position: NDArray[np.float64]) -> None:
        """Put the joints (n,) somewhere else [rad, m], at rest."""

    def step(self, command: Command) -> list[MidiEvent]:
        """Advance one decision; return what the piano played in it."""

    def save(self) -> SimulationState:
        """Return the whole state."""

    def restore(self, state: SimulationState) -> None:
        """Restore a saved state. Stepping from it reproduces the original rollout exactly."""
