"""Description of a pair of hands: model, mounting, fingers, postures, controllers, tuning.

One YAML file describes one embodiment, see `hands/specs` and the tutorial "Your own hand". Any
value that differs between the hands is written as `{left: ..., right: ...}`. Names of joints,
bodies and sites are those of the hand's model without the side's prefix.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from pianomime.config import Config
from pianomime.errors import ConfigError, ModelError

from pianomime.hands.finger_layout import FingerLayout
from pianomime.hands.fingers import SIDES


T = TypeVar("T")
C = TypeVar("C", bound=Config)

Vector = tuple[float, float, float]


class Sided(NamedTuple, Generic[T]):
    """A value for the left and one for the right hand, indexed as `SIDES`."""

    left: T
    right: T


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
    file: Sided[str] = Sided("", "")
    prefix: Sided[str] = Sided("", "")


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
    rpy_rad: Sided[Vector] = Sided((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
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


@dataclass(frozen=True, kw_only=True)
class Finger:
    """One finger of each hand.

    Attributes:
        name: For people.
        site: Site of the model at the fingertip; empty if `body` and `tip_m` say where it is.
        body: Last body of the finger.
        tip_m: Fingertip in the body's frame [m].
        width_m: Width of the finger where its neighbours would touch it [m].
        place_m: Place along the keyboard in the relaxed hand, from the reference finger, which is
            at 0; negative towards the thumb [m].
        give_m: Distance from that place that costs 1: about what the finger's own joints reach
            along the keyboard [m].
        weak: Whether using it costs `FingeringConfig.weak`.
        shuns_black: Whether a black key costs it `FingeringConfig.black`.
    """

    name: str
    width_m: float
    place_m: float
    give_m: float
    site: Sided[str] = Sided("", "")
    body: Sided[str] = Sided("", "")
    tip_m: Sided[Vector] = Sided((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    weak: bool = False
    shuns_black: bool = False


@dataclass(frozen=True, kw_only=True)
class Driver:
    """Names and rates of the hands' ROS driver.

    Attributes:
        namespace: Namespace of its topics.
        state_rate_hz: Rate of its joint states [Hz].
        position_controller: Name of a coordinate's own position controller; `{side}` and
            `{coordinate}` are filled in.
        encoder_rad: Resolution of its joint sensors [rad].
    """

    namespace: str
    state_rate_hz: float
    position_controller: str
    encoder_rad: float


Pose = Mapping[str, Sided[float]]
"""Values of named coordinates [rad, m]."""


@dataclass(frozen=True, kw_only=True)
class PlanningTuning:
    """Planner's parameters that differ from their defaults, by name.

    Attributes:
        fingering: Of `FingeringConfig`.
        fingertips: Of `FingertipPlanConfig`.
        trajectory: Of `TrajectoryConfig`.
        stray: By coordinate instead: distance from the relaxed posture that costs 1 [rad, m].
        fingers_apart: Whether neighbouring fingertips are kept at least as far apart as they are
            wide, by fingering and trajectories.
    """

    fingering: Mapping[str, float] = field(default_factory=dict)
    fingertips: Mapping[str, float] = field(default_factory=dict)
    trajectory: Mapping[str, float] = field(default_factory=dict)
    stray: Pose = field(default_factory=dict)
    fingers_apart: bool = False




@dataclass(frozen=True, kw_only=True)
class HandSpec:
    """All that the project knows of a pair of hands.

    Attributes:
        name: Name in tables, files and parameters.
        description: One line for people.
        model: Where the hands' models come from.
        mounting: How they are carried.
        fingers: Of each hand, thumb first and on along the keyboard.
        controllers: Names of the trajectory controllers without the side, and patterns of the
            joints that each drives (shell patterns, `*` for any).
        relaxed: Posture over the keys, in the coordinates of `HandKinematics`.
        start: Where a performance begins.
        lifted: Where the gate takes the hands in a halt; `inf` and `-inf` for an end stop. What
            is not named stays as commanded.
        palms: Bodies that are kept clear of the piano.
        finger_radius_m: Radius of the fingers about the line through their joints [m].
        hands_collide: Whether fingers and hands touch each other in the simulation, and not the
            piano alone.
        actuation: Actuators by patterns of the joints; empty if the model brings its own.
        planning: Planner's parameters.
        driver: Of real hands; None if there is none.
        path: File that it was read from.
        text: What that file said.
    """

    name: str
    description: str
    model: HandModelSource
    mounting: Mounting
    fingers: tuple[Finger, ...]
    controllers: Mapping[str, tuple[str, ...]]
    relaxed: Pose
    start: Pose = field(default_factory=dict)
    lifted: Pose = field(default_factory=dict)
    palms: tuple[str, ...]
    finger_radius_m: float
    hands_collide: bool
    actuation: Mapping[str, Actuation] = field(default_factory=dict)
    planning: PlanningTuning = PlanningTuning()
    driver: Driver | None = None
    path: Path = Path()
    text: str = ""

    @cached_property
    def scopes(self) -> tuple[str, ...]:
        """What the names of each hand's elements begin with in the compiled model, before a `/`."""
        kind = "shadow_hand" if self.model.package else self.name
        return tuple(f"{side}_{kind}" for side in SIDES)

    @cached_property
    def layout(self) -> FingerLayout:
        """The fingers of both hands along the keyboard."""
        return FingerLayout.of(self.fingers, self.planning.fingers_apart)

    def tuned(self, kind: type[C], values: Mapping[str, float], **more: Any) -> C:
        """Return a configuration with the tuning `values` of this description, and `more`.

        Raises:
            ModelError: A value has no such name or is out of range.
        """
        fields = {field.name: type(field.default) for field in fields_of(kind)}
        for name in values:
            if name not in fields:
                raise ModelError(f"{self.name}: planning: no {name!r} in {kind.__name__}; there "
                                 f"are: {', '.join(fields)}")
        try:
            return kind(**{name: fields[name](value) for name, value in values.items()}, **more)
        except ConfigError as error:
            raise ModelError(f"{self.name}: planning: {error}") from error

    def short_name(self, side: int, name: str) -> str:
        """Return a name of the compiled model, or of the hand's own, without scope and prefix."""
        return name.rpartition("/")[2].removeprefix(self.model.prefix[side])

    def site_name(self, side: int, finger: Finger) -> str:
        """Return the name of a fingertip's site in the hand's own model."""
        return finger.site[side] or f"{finger.name}_fingertip"
