"""The one loop in which a controller plays in a simulation."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pianomime.command import Command
from pianomime.metrics.key_press import f1_per_step
from pianomime.piano.geometry import N_KEYS
from pianomime.score.goals import ScoreGoals
from pianomime.simulation.simulation import MidiEvent, SimulationState
from pianomime.simulation.simulator import Simulator

Act = Callable[[int, NDArray[np.float64]], Command]
"""From a decision of the score and the measured joints (n,) to the command."""


@dataclass(frozen=True)
class Rollout:
    """What came of some decisions.

    Attributes:
        first: Decision of the score in row 0; negative in the lead-in.
        active: (steps, 88) keys pressed at each decision's end.
        sustain: (steps,) the pedal at each decision's end.
        position: (steps + 1, n) joint positions [rad, m], from the start on.
        events: What the piano played.
        states: State at each decision's end, where they were kept.
    """

    first: int
    active: NDArray[np.bool_]
    sustain: NDArray[np.bool_]
    position: NDArray[np.float64]
    events: list[MidiEvent]
    states: list[SimulationState] = field(default_factory=list)

    @property
    def pressed(self) -> NDArray[np.bool_]:
        """Keys pressed in the score's decisions, (steps, 88)."""
        return self.active[max(-self.first, 0) :]

    def f1_per_step(self, goals: ScoreGoals) -> NDArray[np.float64]:
        """Return F1 of each decision of the score, (steps,)."""
        return f1_per_step(goals.keys, self.pressed)


def play_on(
    act: Act, first: int, steps: int, simulator: Simulator, *, keep_states: bool = False
) -> Rollout:
    """Play some decisions from the simulator's present state.

    Args:
        act: Controller; called once a decision.
        first: Decision of the score that begins.
        steps: How many.
        simulator: To play in.
        keep_states: Whether to keep the state at each decision's end.
    """
    active = np.zeros((steps, N_KEYS), bool)
    sustain = np.zeros(steps, bool)
    position = np.zeros((steps + 1, len(simulator.hands.joint_names)))
    position[0] = simulator.joint_position
    events: list[MidiEvent] = []
    states: list[SimulationState] = []
    for step in range(steps):
        events += simulator.step(act(first + step, position[step]))
        active[step], sustain[step] = simulator.active, simulator.sustain
        position[step + 1] = simulator.joint_position
        if keep_states:
            states.append(simulator.save())
    return Rollout(first, active, sustain, position, events, states)


def roll_out(
    act: Act,
    lead_in_s: float,
    steps: int,
    simulator: Simulator,
    start: NDArray[np.float64] | None = None,
) -> Rollout:
    """Reset the simulator and play the lead-in and `steps` decisions of the score.

    Args:
        act: Controller; called once a decision, from the lead-in on.
        lead_in_s: Silence before the score [s].
        steps: Decisions of the score.
        simulator: To play in.
        start: Joint positions (n,) to begin at [rad, m]; None for those of a reset.
    """
    simulator.reset()
    if start is not None:
        simulator.place(start)
    lead = simulator.timing.steps(lead_in_s)
    return play_on(act, -lead, lead + steps, simulator)
