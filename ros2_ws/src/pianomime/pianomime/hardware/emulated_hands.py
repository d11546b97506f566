"""Two hands at a keyboard, as their driver and the keyboard's cable show them.

The plant is the physics of `pianomime.simulation`; what is emulated is what is around it: the
trajectory controllers' interpolation, encoders, and time that runs on whatever anybody does.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.hand_spec import HandSpec
from pianomime.hardware.joint_trajectory import Interpolator, JointTrajectory
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import MidiEvent, PianoSimulation
from pianomime.timing import PHYSICS_S, Timing

Array = NDArray[np.float64]

RAIL_ENCODER_M: Final = 1e-5

LONGEST_GAP_S: Final = 0.25
"""More than this at once is a stall of the emulator itself, and is not made up for."""


class EmulatedHands:
    """Hands that go along the trajectory they were last sent, and hold its end."""

    def __init__(self, spec: HandSpec) -> None:
        """Start where the hands start."""
        hands = load_model(spec)
        self._simulation = PianoSimulation(hands, Timing())
        self.hands, self.joint_names = hands, hands.joint_names
        self._resolution = np.where(hands.is_slide, RAIL_ENCODER_M, spec.driver.encoder_rad)
        self._interpolator = Interpolator(self.joint_names, self._simulation.joint_position)
        self._began_s: float | None = None
        self._pedal = False

    def move(self, goal: JointTrajectory) -> None:
        """Take a goal of a trajectory controller.

        Raises:
            KeyError: It names a joint that there is not.
        """
        self._interpolator.take(goal, self._simulation.time_s)

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
        while self._began_s + self._simulation.time_s + PHYSICS_S <= now_s:
            setpoint = self._interpolator.at(self._simulation.time_s + PHYSICS_S)
            events += self._simulation.step_physics(setpoint, self._pedal)
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
