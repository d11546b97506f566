"""Models of a pair of hands, and what carries and drives them."""

from dataclasses import dataclass
from typing import Final, Literal

from pianomime.hands.sided import Sided

Vector = tuple[float, float, float]

_NO_FILE: Final = Sided("", "")
_NOT_TURNED: Final[Sided[Vector]] = Sided((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))


@dataclass(frozen=True, kw_only=True)
class HandModelSource:
    """Where the hands' models come from.

    Attributes:
        package: `robopianist` for its Shadow hand; empty for files.
        file: MJCF or URDF file of each hand; relative paths start at the description's folder,
            `${NAME}` is an environment variable.
        prefix: What the names in each model begin with; left out of all names elsewhere.
    """

    package: Literal["", "robopianist"] = ""
    file: Sided[str] = _NO_FILE
    prefix: Sided[str] = _NO_FILE


@dataclass(frozen=True, kw_only=True)
class Slide:
    """A linear axis between piano and hand, driven by a position actuator.

    Attributes:
        joint: Its name.
        gain_n_m: Position gain [N/m]; None if the hand's model has the axis and its gain.
        damping_ns_m: Damping [Ns/m]; None likewise.
        range_m: Lower and upper limit from the mounting position [m]; None likewise.
    """

    joint: str
    gain_n_m: float | None = None
    damping_ns_m: float | None = None
    range_m: Sided[tuple[float, float]] | None = None


@dataclass(frozen=True, kw_only=True)
class Mounting:
    """How the hands are carried.

    World frame: x towards the player, y to the right along the keyboard, z up.

    Attributes:
        along: Slide along the keyboard (y).
        towards: Slide across it (x).
        up: Vertical slide; None if the hands do not lift.
        position_m: Root of each hand where its slides are at 0 [m]; None if its model says so.
        rpy_rad: Roll, pitch and yaw of the root (fixed axes) [rad].
        gravity_compensation: Whether the hands' weight is compensated.
    """

    along: Slide
    towards: Slide
    up: Slide | None = None
    position_m: Sided[Vector] | None = None
    rpy_rad: Sided[Vector] = _NOT_TURNED
    gravity_compensation: bool = True

    @property
    def slides(self) -> tuple[Slide, ...]:
        """The slides: along, towards, and up if there is one."""
        return (self.along, self.towards, *((self.up,) if self.up else ()))


@dataclass(frozen=True, kw_only=True)
class Actuation:
    """Position actuators for joints that the hand's model has none for, or other ones.

    Attributes:
        gain_nm_rad: Position gain [Nm/rad].
        damping_nms_rad: Damping of the joint [Nms/rad].
        torque_nm: Largest torque [Nm].
        armature_kgm2: Inertia of the rotor at the joint [kg m^2].
    """

    gain_nm_rad: float
    damping_nms_rad: float
    torque_nm: float
    armature_kgm2: float = 0.0
