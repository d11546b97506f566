"""Play with a controller in the simulation."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pianomime.command import Command
from pianomime.metrics.key_press import f1_per_step
from pianomime.piano.geometry import N_KEYS
from pianomime.score.goals import ScoreGoals
from pianomime.simulation.simulation import MidiEvent, PianoSimulation

Act = Callable[[int, NDArray[np.float64]], Command]
"""From a decision of the score and the measured joints (n,) to the command."""


@dataclass(frozen=True)
class Rollout:
    """A performance from the lead-in to the score's last decision.

    Attributes:
        lead: Decisions before the score.
        active: (lead + steps, 88) keys pressed at each decision's end.
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
        """Keys pressed in the score's decisions, (steps, 88)."""
        return self.active[self.lead :]

    def f1_per_step(self, goals: ScoreGoals) -> NDArray[np.float64]:
        """Return F1 of each decision of the score, (steps,)."""
        return f1_per_step(goals.keys, self.pressed)


def roll_out(
    act: Act,
    lead_in_s: float,
    steps: int,
    simulation: PianoSimulation,
    start: NDArray[np.float64] | None = None,
) -> Rollout:
    """Reset the simulation and play the lead-in and `steps` decisions of the score.

    Args:
        act: Asked for each decision of the score, from the lead-in on.
        lead_in_s: Silence before the score [s].
        steps: Decisions of the score.
        simulation: To play in.
        start: (n,) joint positions to begin at [rad, m]; None: the zero pose.
    """
    simulation.reset()
    if start is not None:
        simulation.place(start)
    lead = simulation.timing.steps(lead_in_s)
    count = lead + steps
    active = np.zeros((count, N_KEYS), bool)
    sustain = np.zeros(count, bool)
    position = np.zeros((count + 1, len(simulation.hands.joint_names)))
    position[0] = simulation.joint_position
    events: list[MidiEvent] = []
    for step in range(count):
        events += simulation.step(act(step - lead, position[step]))
        active[step], sustain[step] = simulation.active, simulation.sustain
        position[step + 1] = simulation.joint_position
    return Rollout(lead, active, sustain, position, events)
