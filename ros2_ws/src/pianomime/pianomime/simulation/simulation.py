"""Two hands at a piano, stepped decision by decision on bare MuJoCo."""

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

import mujoco
import numpy as np
from numpy.typing import NDArray

from pianomime.command import Command, line_weights
from pianomime.errors import PianoMimeError
from pianomime.hands.hands_model import HandsModel
from pianomime.piano.action import PianoAction
from pianomime.piano.geometry import ACTIVATION_RAD, LOWEST_PITCH, N_KEYS
from pianomime.piano.key_joints import key_joints
from pianomime.piano.velocity import midi_velocity
from pianomime.score.midi_controllers import SUSTAIN_CONTROLLER
from pianomime.timing import PHYSICS_S, Timing

_NOT_NEEDED: Final = int(
    mujoco.mjtDisableBit.mjDSBL_AUTORESET  # a broken state must be seen
    | mujoco.mjtDisableBit.mjDSBL_SENSOR  # robopianist's touch sensors, which nobody reads
)

_SAME_S: Final = 1e-9


class SimulationDivergedError(PianoMimeError):
    """The physics met a value that is not finite or is too large."""


class MidiKind(IntEnum):
    """Kinds of MIDI events a piano makes; the values are those of the ROS message."""

    NOTE_OFF = 0
    NOTE_ON = 1
    CONTROL = 2


@dataclass(frozen=True, slots=True)
class MidiEvent:
    """A MIDI event at `time_s` [s, simulation]; `number` and `value` as in the MIDI standard."""

    time_s: float
    kind: MidiKind
    number: int
    value: int


@dataclass(frozen=True)
class SimulationState:
    """All that the future of a simulation depends on.

    Attributes:
        physics: MuJoCo's integration state (mjSTATE_INTEGRATION).
        active: (88,) keys that count as pressed.
        action: (2, 88) state of the piano's action, see `PianoAction`.
        sustain: The pedal.
        substeps: Physics steps since the reset.
    """

    physics: NDArray[np.float64]
    active: NDArray[np.bool_]
    action: NDArray[np.bool_]
    sustain: bool
    substeps: int


class PianoSimulation:
    """The physics, the keys' state as robopianist judges it, and the MIDI that the keys make."""

    def __init__(self, hands: HandsModel, timing: Timing) -> None:
        """Take hands from `load_model` and reset them."""
        model = hands.model
        model.opt.disableflags |= _NOT_NEEDED
        self.model, self.timing = model, timing
        self.data = mujoco.MjData(model)
        self.hands = hands
        keys = key_joints(model)
        first = model.joint(int(keys[0]))
        self._key_angle = self.data.qpos[first.qposadr[0] :][:N_KEYS]  # views, for speed: the
        self._key_speed = self.data.qvel[first.dofadr[0] :][:N_KEYS]  # keys stand in a row
        self._key_max = model.jnt_range[keys, 1]
        self.reset()

    def reset(self) -> None:
        """Put the hands where they start, with all keys and the pedal up, at time 0."""
        mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[self.hands.qpos_index] = self.hands.start
        self.data.ctrl[:] = self.hands.coupling @ self.hands.start
        mujoco.mj_kinematics(self.model, self.data)
        self._substeps = 0
        self.active = np.zeros(N_KEYS, bool)
        self._action = PianoAction()
        self.sustain = False

    def place(self, position: NDArray[np.float64]) -> None:
        """Put the joints (n,) somewhere else [rad, m], at rest."""
        self.data.qpos[self.hands.qpos_index] = position
        self.data.qvel[self.hands.dof_index] = 0.0
        self.data.ctrl[:] = self.hands.coupling @ position  # where the next line starts
        mujoco.mj_kinematics(self.model, self.data)

    def save(self) -> SimulationState:
        """Return the whole state, to go back to."""
        kind = mujoco.mjtState.mjSTATE_INTEGRATION
        physics = np.empty(mujoco.mj_stateSize(self.model, kind))
        mujoco.mj_getState(self.model, self.data, physics, kind)
        return SimulationState(
            physics, self.active.copy(), self._action.save(), self.sustain, self._substeps
        )

    def restore(self, state: SimulationState) -> None:
        """Go back to a state of this simulation; what follows is what followed then."""
        kind = mujoco.mjtState.mjSTATE_INTEGRATION
        mujoco.mj_setState(self.model, self.data, state.physics, kind)
        mujoco.mj_kinematics(self.model, self.data)
        self.active, self.sustain = state.active.copy(), state.sustain
        self._action.restore(state.action)
        self._substeps = state.substeps

    @property
    def time_s(self) -> float:
        """Simulation time [s], exact at any length of run."""
        return self._substeps * PHYSICS_S

    @property
    def joint_position(self) -> NDArray[np.float64]:
        """Positions of the hands' joints [rad, m], in the order of `hands.joint_names`."""
        return np.asarray(self.data.qpos[self.hands.qpos_index])

    @property
    def joint_velocity(self) -> NDArray[np.float64]:
        """Velocities of the hands' joints [rad/s, m/s]."""
        return np.asarray(self.data.qvel[self.hands.dof_index])

    @property
    def fingertip_position(self) -> NDArray[np.float64]:
        """Where the fingertips are [m, world], (fingers, 3), in the order of `FingerLayout`."""
        return np.asarray(self.data.site_xpos[self.hands.fingertip_sites])

    @property
    def key_position(self) -> NDArray[np.float64]:
        """How far each key is down, 0 .. 1 at its end stop, (88,)."""
        return np.asarray(np.clip(self._key_angle, 0, self._key_max) / self._key_max)

    @property
    def key_velocity(self) -> NDArray[np.float64]:
        """Angular velocity of each key [rad/s], down positive, (88,)."""
        return np.array(self._key_speed)

    def step(self, command: Command) -> list[MidiEvent]:
        """Advance one decision and return what the piano played in it.

        The actuators' targets follow the command's line at each physics step.

        Raises:
            SimulationDivergedError: The physics broke down; the state is as it broke.
        """
        passed = _points_passed(command.times_s, self.timing.substeps)
        pedal = np.append(self.sustain, command.sustain)[passed].tolist()
        events: list[MidiEvent] = []
        for target, down in zip(self._line(command), pedal[:-1], strict=True):
            self._press_pedal(down, events)
            self._advance(target, events)
        self._press_pedal(pedal[-1], events)  # of a point at the decision's end
        self._check()
        mujoco.mj_kinematics(self.model, self.data)
        return events

    def step_physics(self, target: NDArray[np.float64], sustain: bool) -> list[MidiEvent]:
        """Advance one physics step with targets (n,) [rad, m]; return what the piano played in it.

        Raises:
            SimulationDivergedError: The physics broke down; the state is as it broke.
        """
        events: list[MidiEvent] = []
        self._press_pedal(sustain, events)
        self._advance(self.hands.coupling @ target, events)
        self._check()
        mujoco.mj_kinematics(self.model, self.data)
        return events

    def _line(self, command: Command) -> NDArray[np.float64]:
        """Return the actuators' targets at each physics step of a decision, (substeps, nu)."""
        knots = command.target @ self.hands.coupling.T
        if len(knots) == 1 and not command.times_s[0]:
            return np.repeat(knots, self.timing.substeps, axis=0)
        weights = _weights(command.times_s, self.timing.substeps)
        return np.asarray(weights @ np.vstack((self.data.ctrl, knots)))

    def _press_pedal(self, sustain: bool, events: list[MidiEvent]) -> None:
        if sustain != self.sustain:
            self.sustain = sustain
            events.append(
                MidiEvent(self.time_s, MidiKind.CONTROL, SUSTAIN_CONTROLLER, 127 * sustain)
            )

    def _advance(self, target: NDArray[np.float64], events: list[MidiEvent]) -> None:
        self.data.ctrl[:] = target
        mujoco.mj_step(self.model, self.data)
        self._substeps += 1
        self._update_keys(events)

    def _update_keys(self, events: list[MidiEvent]) -> None:
        self.active = self._key_max - self._key_angle <= ACTIVATION_RAD
        damped, struck = self._action.update(self._key_angle / self._key_max)
        for key in damped:
            events.append(MidiEvent(self.time_s, MidiKind.NOTE_OFF, int(key) + LOWEST_PITCH, 0))
        for key in struck:
            value = midi_velocity(int(key), float(self._key_speed[key]))
            events.append(MidiEvent(self.time_s, MidiKind.NOTE_ON, int(key) + LOWEST_PITCH, value))

    def _check(self) -> None:
        for warning in (
            mujoco.mjtWarning.mjWARN_BADQPOS,
            mujoco.mjtWarning.mjWARN_BADQVEL,
            mujoco.mjtWarning.mjWARN_BADQACC,
            mujoco.mjtWarning.mjWARN_BADCTRL,
        ):
            if self.data.warning[warning].number:
                name = warning.name.removeprefix("mjWARN_")
                raise SimulationDivergedError(
                    f"simulation diverged ({name}) at {self.time_s:.3f} s"
                )


@lru_cache(maxsize=64)
def _points_passed(times_s: tuple[float, ...], substeps: int) -> NDArray[np.int64]:
    """Return how many points lie before each physics step of a decision, and before its end."""
    instants_s = PHYSICS_S * np.arange(substeps + 1)
    return np.searchsorted(times_s, instants_s + _SAME_S)


@lru_cache(maxsize=64)
def _weights(times_s: tuple[float, ...], substeps: int) -> NDArray[np.float64]:
    """Return `line_weights` at the ends of the physics steps of a decision."""
    return line_weights(times_s, (PHYSICS_S * (np.arange(substeps) + 1)).tolist())
