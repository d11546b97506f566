"""The one clock of the stack: how often a controller decides, and how finely it commands."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pianomime.config import Config, parameter
from pianomime.errors import ConfigError

PHYSICS_S: Final = 0.005
"""Physics step of the simulation [s], RoboPianist's (suite/tasks/base.py)."""

MAX_POINTS: Final = 100
"""Most points of one command."""

_EXACT: Final = 1e-9


@dataclass(frozen=True, kw_only=True)
class Timing(Config):
    """Decisions, and the points of the command that answers each of them.

    A decision is one goal and one command. The command is a line through `points` joint targets,
    as a joint trajectory controller executes it. A single point is a target that is held from the
    start of the decision.
    """

    decision_s: float = parameter(
        0.05, "Time between decisions [s]; RoboPianist's control step", ge=0.01, le=0.5
    )
    command_s: float = parameter(
        0.01,
        "Time between the joint targets of a command [s]; equal to decision_s: one held target",
        ge=PHYSICS_S,
        le=0.5,
    )

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ConfigError: One is out of range, or is no multiple of the shorter interval.
        """
        super().__post_init__()
        for name, unit_name, unit_s in (
            ("decision_s", "command_s", self.command_s),
            ("command_s", "the physics step", PHYSICS_S),
        ):
            count = getattr(self, name) / unit_s
            if abs(count - round(count)) > _EXACT * count or count < 1 - _EXACT:
                raise ConfigError(
                    f"{name} = {getattr(self, name):g}: must be a multiple of {unit_name}, "
                    f"{unit_s:g} s"
                )

    @property
    def timing(self) -> "Timing":
        """The timing alone, for subclasses that have further fields."""
        return self.part(Timing)

    @property
    def rate_hz(self) -> float:
        """Decisions per second [Hz]."""
        return 1 / self.decision_s

    @property
    def points(self) -> int:
        """Joint targets per command."""
        return round(self.decision_s / self.command_s)

    @property
    def times_s(self) -> tuple[float, ...]:
        """When each target of a command is to be reached, from the start of its decision [s]."""
        if self.points == 1:
            return (0.0,)
        return tuple(round((i + 1) * self.command_s, 9) for i in range(self.points))

    @property
    def substeps(self) -> int:
        """Physics steps per decision."""
        return round(self.decision_s / PHYSICS_S)

    def steps(self, time_s: float) -> int:
        """Return the number of decisions nearest to a duration or instant [s]."""
        return round(time_s / self.decision_s)

    def time_s(self, steps: int) -> float:
        """Return the duration of so many decisions [s]."""
        return steps * self.decision_s

    def check_same(self, other: "Timing", what: str, error: Callable[[str], Exception]) -> None:
        """Refuse something that was made with another timing.

        Args:
            other: Timing of what is checked.
            what: Its name, for the message.
            error: Type of the error raised.
        """
        if other != self:
            raise error(f"{what} has {other}; this run has {self}")

    def as_dict(self) -> dict[str, float]:
        """Return the fields, to be stored."""
        return {"decision_s": self.decision_s, "command_s": self.command_s}

    @classmethod
    def from_stored(cls, stored: Any) -> "Timing":
        """Return the timing of `as_dict`.

        Raises:
            ConfigError: It is none.
        """
        if not isinstance(stored, dict) or stored.keys() != {"decision_s", "command_s"}:
            raise ConfigError(f"timing = {stored!r}: must hold decision_s and command_s")
        return cls(**stored)

    def __str__(self) -> str:
        """Return both intervals, for messages."""
        return f"a decision every {self.decision_s:g} s with a target every {self.command_s:g} s"


ROBOPIANIST_TIMING: Final = Timing(command_s=0.05)
"""RoboPianist's and PianoMime's: a decision every control step, one held target each."""
