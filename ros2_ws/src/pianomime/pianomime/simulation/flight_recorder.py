"""The last steps before a simulation broke down, kept so that the break can be played again."""

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.errors import ModelError, OutputError
from pianomime.hands.embodiment import embodiment
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import PianoSimulation, SimulationState

STEPS: Final = 20
"""One second."""


@dataclass(frozen=True)
class Step:
    """One control step: what it began with, and what was commanded."""

    state: SimulationState
    target: NDArray[np.float64]
    sustain: bool


class FlightRecorder:
    """Keeps the last `STEPS` control steps of a simulation."""

    def __init__(self, embodiment_name: str) -> None:
        """Start empty."""
        self._embodiment = embodiment_name
        self._steps: deque[Step] = deque(maxlen=STEPS)

    def take(self, simulation: PianoSimulation, target: NDArray[np.float64], sustain: bool) -> None:
        """Note a step that is about to be made."""
        self._steps.append(Step(simulation.save(), target.copy(), sustain))

    def write(self, path: Path) -> None:
        """Write the steps to a .npz file.

        Raises:
            OutputError: It cannot be written.
        """
        first = self._steps[0].state
        try:
            np.savez_compressed(
                path,
                embodiment=self._embodiment,
                physics=first.physics,
                active=first.active,
                keys_sustain=first.sustain,
                substeps=first.substeps,
                target=np.array([step.target for step in self._steps]),
                sustain=np.array([step.sustain for step in self._steps]),
            )
        except OSError as error:
            raise OutputError(f"{path}: {error.strerror}") from error


def replay(path: Path) -> PianoSimulation:
    """Play a flight recorder's steps again; returns the simulation after the last.

    Raises:
        SimulationDivergedError: It broke down again, as it did.
        ModelError: The file is none of a flight recorder.
    """
    try:
        with np.load(path) as file:
            data = {name: file[name] for name in file.files}
        simulation = PianoSimulation(load_model(embodiment(str(data["embodiment"]))))
        state = SimulationState(
            data["physics"],
            data["active"],
            bool(data["keys_sustain"]),
            int(data["substeps"]),
        )
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{path}: no file of a flight recorder ({error})") from error
    simulation.restore(state)
    for target, sustain in zip(data["target"], data["sustain"], strict=True):
        simulation.step(target, bool(sustain))
    return simulation
