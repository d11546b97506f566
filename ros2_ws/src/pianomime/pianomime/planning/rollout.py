"""Play with a controller in the simulation from start to end."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pianomime.metrics.key_press import f1_per_step
from pianomime.piano.geometry import N_KEYS
from pianomime.score.goals import KeyGoals
from pianomime.simulation.simulation import MidiEvent, PianoSimulation

Command = Callable[[int, NDArray[np.float64]], tuple[NDArray[np.float64], bool]]
"""From a step of the score and the measured joints (n,) to their targets (n,) and the pedal."""


@dataclass(frozen=True)
class Rollout:
    """What came of a plan, from the lead-in to the score's last step.

    Attributes:
        lead: Control steps before the score.
        active: (lead + steps, 88) keys pressed at each step's end.
        sustain: (lead + steps,) the pedal.
        position: (lead + steps + 1, n) joint positions [rad, m], from the start on.
        events: What the piano played.
    """

    lead: int
    active: NDArray[np.bool_]
    sustain: NDArray[np.bool_]
    position: NDArray[np.float64]
    events: list[MidiEvent]

    @property
    def pressed(self) -> NDArray[np.bool_]:
        """Keys pressed in the score's steps, (steps, 88)."""
        return self.active[self.lead :]

    def f1_per_step(self, goals: KeyGoals) -> NDArray[np.float64]:
        """Return F1 of each step of the score, (steps,)."""
        return f1_per_step(goals.keys, self.pressed)


def roll_out(command: Command, lead: int, steps: int, simulation: PianoSimulation) -> Rollout:
    """Reset the simulation and play the lead-in and `steps` of the score.

    Args:
        command: Asked at each step of the score, from -lead on.
        lead: Control steps before the score.
        steps: Of the score.
        simulation: To play in.
    """
    simulation.reset()
    count = lead + steps
    active = np.zeros((count, N_KEYS), bool)
    sustain = np.zeros(count, bool)
    position = np.zeros((count + 1, len(simulation.hands.joint_names)))
    position[0] = simulation.joint_position
    events: list[MidiEvent] = []
    for step in range(count):
        events += simulation.step(*command(step - lead, position[step]))
        active[step], sustain[step] = simulation.active, simulation.sustain
        position[step + 1] = simulation.joint_position
    return Rollout(lead, active, sustain, position, events)
