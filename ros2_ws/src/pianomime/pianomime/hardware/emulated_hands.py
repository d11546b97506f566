"""Two Shadow hands at a keyboard, as their driver and the keyboard's cable show them.

The plant is the physics of `pianomime.simulation`; what is emulated is what is around it: the
trajectory controllers' interpolation, encoders, and time that runs on whatever anybody does.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.embodiment import Embodiment
from pianomime.simulation.model import PHYSICS_DT_S, load_model
from pianomime.simulation.simulation import MidiEvent, PianoSimulation

Array = NDArray[np.float64]

ENCODER_RAD: Final = 2 * np.pi / 4096
"""Resolution of a 12-bit joint sensor, as Shadow's are."""

RAIL_ENCODER_M: Final = 1e-5

LONGEST_GAP_S: Final = 0.25
"""More than this at once is a stall of the emulator itself, and is not made up for."""


class EmulatedHands:
    """Hands that hold the position they were last sent to."""

    def __init__(self, body: Embodiment) -> None:
        """Start in the model's zero pose."""
        self._simulation = PianoSimulation(load_model(body))
        self.joint_names = self._simulation.hands.joint_names
        self._where = {name: i for i, name in enumerate(self.joint_names)}
        self._resolution = np.array(
            [RAIL_ENCODER_M if "forearm" in name else ENCODER_RAD for name in self.joint_names]
        )
        self._setpoint = self._simulation.joint_position.copy()
        self._goal = self._setpoint.copy()
        self._left_s = np.zeros(len(self.joint_names))  # until the goal is to be reached
        self._began_s: float | None = None
        self._pedal = False

    def move(self, goals: Mapping[str, float], lasts_s: float) -> None:
        """Take positions [rad, m] to be in after a time [s], as a trajectory controller does.

        Raises:
            KeyError: A joint that there is not.
        """
        where = [self._where[name] for name in goals]
        self._goal[where] = list(goals.values())
        self._left_s[where] = lasts_s

    def press_pedal(self, down: bool) -> None:
        """Press or release the sustain pedal."""
        self._pedal = down

    def advance(self, now_s: float) -> list[MidiEvent]:
        """Let time pass up to `now_s` [s]; returns what the keyboard played."""
        if self._began_s is None:
            self._began_s = now_s
        behind_s = now_s - self._began_s - self._simulation.time_s
        if behind_s > LONGEST_GAP_S:
            self._began_s += behind_s - LONGEST_GAP_S
        events: list[MidiEvent] = []
        while self._began_s + self._simulation.time_s + PHYSICS_DT_S <= now_s:
            share = np.minimum(1.0, PHYSICS_DT_S / np.maximum(self._left_s, PHYSICS_DT_S))
            self._setpoint = self._setpoint + share * (self._goal - self._setpoint)
            self._left_s = np.maximum(0.0, self._left_s - PHYSICS_DT_S)
            events += self._simulation.step(self._setpoint, self._pedal, substeps=1)
        return events

    @property
    def joint_position(self) -> Array:
        """What the encoders read [rad, m], (n,)."""
        position = self._simulation.joint_position
        return np.asarray(np.round(position / self._resolution) * self._resolution)

    @property
    def joint_velocity(self) -> Array:
        """Velocities [rad/s, m/s], (n,)."""
        return self._simulation.joint_velocity.copy()
