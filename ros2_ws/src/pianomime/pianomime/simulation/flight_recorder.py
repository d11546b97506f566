"""The last steps before a simulation broke down, kept so that the break can be played again."""

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

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
        states = [step.state for step in self._steps]
        try:
            np.savez_compressed(
                path,
                embodiment=self._embodiment,
                physics=np.array([state.physics for state in states]),
                active=np.array([state.active for state in states]),
                pedal=np.array([state.sustain for state in states]),
                substeps=np.array([state.substeps for state in states]),
                target=np.array([step.target for step in self._steps]),
                sustain=np.array([step.sustain for step in self._steps]),
            )
        except OSError as error:
            raise OutputError(f"{path}: {error.strerror}") from error


def replay(path: Path) -> PianoSimulation:
    """Play a flight recorder's last step again; returns the simulation after it.

    The steps before are in the file for those who look for the cause.

    Raises:
        SimulationDivergedError: It broke down again, as it did.
        ModelError: The file is none of a flight recorder.
    """
    try:
        with np.load(path) as file:
            data = {name: file[name] for name in file.files}
        simulation = PianoSimulation(load_model(embodiment(str(data["embodiment"]))))
        state = SimulationState(
            data["physics"][-1],
            data["active"][-1],
            bool(data["pedal"][-1]),
            int(data["substeps"][-1]),
        )
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise ModelError(f"{path}: no file of a flight recorder ({error})") from error
    simulation.restore(state)
    simulation.step(data["target"][-1], bool(data["sustain"][-1]))
    return simulation
