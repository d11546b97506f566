"""The last check between any controller and the hands."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pianomime.config import Config, parameter
from pianomime.hands.hands_model import PEDAL, HandsModel

Array = NDArray[np.float64]


class GateState(IntEnum):
    """What the gate lets through; the values are those of the ROS message."""

    PASSING = 0
    HALTING = 1
    HALTED = 2


class Verdict(IntEnum):
    """What became of a command; the values are those of the ROS message."""

    ACCEPTED = 0
    CLAMPED = 1
    REJECTED_NONFINITE = 2
    REJECTED_NAMES = 3
    REJECTED_STAMP = 4
    REJECTED_OWNER = 5
    REJECTED_STATE = 6


@dataclass(frozen=True, kw_only=True)
class GateConfig(Config):
    """Limits of the gate; the joints' own limits come from the hands' model."""

    owner: str = parameter("expert", "The only source of commands that is obeyed")
    command_timeout_s: float = parameter(
        0.1, "Oldest command that passes, by its stamp [s]", ge=0.001, le=10.0
    )
    future_tolerance_s: float = parameter(
        0.5, "How far ahead of the clock a stamp may be [s]", ge=0.0, le=10.0
    )
    halt_s: float = parameter(0.5, "Time to lift the fingers in a halt [s]", ge=0.05, le=5.0)
    lift_wrist_rad: float = parameter(
        -0.45, "Wrist angle (WRJ1) of lifted hands [rad]", ge=-0.69, le=0.0
    )


@dataclass(frozen=True)
class GateResult:
    """What the gate did with one command.

    Attributes:
        verdict: Passed or why not.
        detail: Names the offender; empty when accepted as it is.
        target: (n,) what goes to the hands, in the gate's order; None when rejected.
    """

    verdict: Verdict
    detail: str = ""
    target: Array | None = None


class CommandGate:
    """Judge whole commands: pass, clamp to the joint limits, or reject. Time is an argument."""

    def __init__(self, hands: HandsModel, config: GateConfig) -> None:
        """Start passing commands of `config.owner`."""
        self._config = config
        self.joint_names = (*hands.joint_names, PEDAL)
        self._where = {name: i for i, name in enumerate(self.joint_names)}
        self._lower = np.append(hands.lower, 0.0)
        self._upper = np.append(hands.upper, 1.0)
        self._wrists = [i for i, name in enumerate(self.joint_names) if name.endswith("WRJ1")]
        self._heights = [i for i, name in enumerate(self.joint_names) if name.endswith("_tz")]
        self.state = GateState.PASSING
        self._halt_began_s = 0.0
        self._last: Array | None = None

    def submit(
        self,
        source: str,
        names: Sequence[str],
        positions: Sequence[float] | Array,
        stamp_s: float,
        now_s: float,
    ) -> GateResult:
        """Judge one command of `source`; a rejected one changes nothing."""
        problem = (
            self._check_state()
            or self._check_finite(names, positions)
            or self._check_names(names)
            or self._check_stamp(stamp_s, now_s)
            or self._check_owner(source)
        )
        if problem:
            return problem
        target = np.empty(len(self.joint_names))
        target[[self._where[name] for name in names]] = positions
        clamped = np.clip(target, self._lower, self._upper)
        moved = np.flatnonzero(clamped != target)
        self._last = clamped
        if len(moved):
            detail = ", ".join(self.joint_names[i] for i in moved)
            return GateResult(Verdict.CLAMPED, detail, clamped)
        return GateResult(Verdict.ACCEPTED, "", clamped)

    def halt(self, now_s: float) -> None:
        """Stop obeying and begin to lift the fingers."""
        if self.state is GateState.PASSING:
            self.state = GateState.HALTING
            self._halt_began_s = now_s

    def halt_target(self, now_s: float, measured: Array) -> Array:
        """Return the target (n,) of a halting or halted gate: from the last command to lifted.

        Args:
            now_s: Time [s]; the gate is HALTED once the lift is over.
            measured: (n - 1,) joint positions, to start from if nothing was ever commanded.
        """
        if self._last is None:
            self._last = np.clip(np.append(measured, 0.0), self._lower, self._upper)
        lifted = self._last.copy()
        lifted[self._wrists] = self._config.lift_wrist_rad
        lifted[self._heights] = self._upper[self._heights]
        lifted[self._where[PEDAL]] = 0.0
        progress = min(1.0, max(0.0, (now_s - self._halt_began_s) / self._config.halt_s))
        if progress >= 1.0:
            self.state = GateState.HALTED
        blend = progress * progress * (3 - 2 * progress)  # starts and ends at rest
        target = (1 - blend) * self._last + blend * lifted
        target[self._where[PEDAL]] = 0.0
        return np.asarray(target)

    def _check_state(self) -> GateResult | None:
        if self.state is GateState.PASSING:
            return None
        return GateResult(Verdict.REJECTED_STATE, f"the gate is {self.state.name}")

    def _check_finite(
        self, names: Sequence[str], positions: Sequence[float] | Array
    ) -> GateResult | None:
        if len(names) != len(positions):
            detail = f"{len(names)} names, {len(positions)} positions"
            return GateResult(Verdict.REJECTED_NAMES, detail)
        bad = np.flatnonzero(~np.isfinite(positions))
        if not len(bad):
            return None
        return GateResult(Verdict.REJECTED_NONFINITE, ", ".join(names[i] for i in bad))

    def _check_names(self, names: Sequence[str]) -> GateResult | None:
        given = set(names)
        unknown = given - self._where.keys()
        missing = self._where.keys() - given
        for what, which in (("unknown", unknown), ("missing", missing)):
            if which:
                return GateResult(Verdict.REJECTED_NAMES, f"{what}: {', '.join(sorted(which))}")
        if len(names) != len(given):
            twice = sorted(name for name in given if list(names).count(name) > 1)
            return GateResult(Verdict.REJECTED_NAMES, f"twice: {', '.join(twice)}")
        return None

    def _check_stamp(self, stamp_s: float, now_s: float) -> GateResult | None:
        if stamp_s <= 0:
            return GateResult(Verdict.REJECTED_STAMP, f"stamp {stamp_s:.3f} s means no time")
        age_s = now_s - stamp_s
        if age_s > self._config.command_timeout_s:
            limit = self._config.command_timeout_s
            return GateResult(Verdict.REJECTED_STAMP, f"{age_s:.3f} s old; at most {limit:g} s")
        if age_s < -self._config.future_tolerance_s:
            return GateResult(Verdict.REJECTED_STAMP, f"{-age_s:.3f} s in the future")
        return None

    def _check_owner(self, source: str) -> GateResult | None:
        if source == self._config.owner:
            return None
        return GateResult(
            Verdict.REJECTED_OWNER, f"{source!r} is not the owner {self._config.owner!r}"
        )
