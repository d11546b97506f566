"""The last steps before a simulation broke down, kept so that the break can be played again."""

import json
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from pianomime.command import Command
from pianomime.errors import ConfigError, ModelError, OutputError
from pianomime.hands.hand_spec import HandSpec
from pianomime.hands.spec_file import parse_spec
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import PianoSimulation, SimulationState
from pianomime.timing import Timing

KEPT_S: Final = 1.0


@dataclass(frozen=True)
class Step:
    """State at the start of one decision, and its command."""

    state: SimulationState
    command: Command


class FlightRecorder:
    """Keep the last second of a simulation."""

    def __init__(self, spec: HandSpec, timing: Timing) -> None:
        """Start empty."""
        self._hands, self._timing = spec, timing
        self._steps: deque[Step] = deque(maxlen=timing.steps(KEPT_S))

    def record(self, simulation: PianoSimulation, command: Command) -> None:
        """Keep the step that is about to be made."""
        self._steps.append(Step(simulation.save(), command))

    def write(self, path: Path) -> None:
        """Write the steps to a .npz file.

        Raises:
            OutputError: It cannot be written.
        """
        states = [step.state for step in self._steps]
        try:
            np.savez_compressed(
                path,
                hands=self._hands.text,
                physics=np.array([state.physics for state in states]),
                active=np.array([state.active for state in states]),
                action=np.array([state.action for state in states]),
                pedal=np.array([state.sustain for state in states]),
                substeps=np.array([state.substeps for state in states]),
                timing=json.dumps(self._timing.as_dict()),
                **_last_command(self._steps),
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
        timing = Timing.from_stored(json.loads(str(data["timing"])))
        simulation = PianoSimulation(load_model(parse_spec(str(data["hands"]), str(path))), timing)
        state = SimulationState(
            data["physics"][-1],
            data["active"][-1],
            data["action"][-1],
            bool(data["pedal"][-1]),
            int(data["substeps"][-1]),
        )
        command = Command(data["target"], data["sustain"], tuple(data["times_s"].tolist()))
    except (OSError, ValueError, KeyError, BadZipFile, ConfigError) as error:
        raise ModelError(f"{path}: no file of a flight recorder ({error})") from error
    simulation.restore(state)
    simulation.step(command)
    return simulation


def _last_command(steps: deque[Step]) -> dict[str, NDArray[Any]]:
    command = steps[-1].command
    times_s = np.array(command.times_s)
    return {"target": command.target, "sustain": command.sustain, "times_s": times_s}
