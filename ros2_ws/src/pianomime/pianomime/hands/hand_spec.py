"""Description of a pair of hands: model, mounting, fingers, postures, controllers, tuning.

One YAML file describes one embodiment, see `hands/specs` and the tutorial "Your own hand". Any
value that differs between the hands is written as `{left: ..., right: ...}`. Names of joints
and bodies are those of the hand's model without the side's prefix, sites' are the whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pianomime.config import Config
from pianomime.errors import ConfigError, ModelError
from pianomime.hands.finger import Finger
from pianomime.hands.finger_layout import FingerLayout
from pianomime.hands.fingers import SIDES
from pianomime.hands.mounting import Actuation, HandModelSource, Mounting
from pianomime.hands.sided import Sided
from pianomime.hands.typed import NOT_FROM_FILE

C = TypeVar("C", bound=Config)


@dataclass(frozen=True, kw_only=True)
class Driver:
    """Names and rates of the hands' ROS driver.

    Attributes:
        state_rate_hz: Rate of its joint states [Hz].
        position_controller: Name of a coordinate's own position controller, `{side}` and
            `{coordinate}` to be filled in; empty if there are trajectory controllers alone.
        encoder_rad: Resolution of its joint sensors [rad].
    """

    state_rate_hz: float = 125.0
    position_controller: str = ""
    encoder_rad: float = 0.001


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
        driver: Of real hands.
        text: All of this as YAML, without references to other files but the models.
        digest: Hash of it, whatever folders the models are in.
        file: Where it was read from; None if it came with a bag.
        bundled: Whether it is one of the project's own.
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
    driver: Driver = Driver()
    text: str = field(default="", metadata=NOT_FROM_FILE)
    digest: str = field(default="", metadata=NOT_FROM_FILE)
    file: Path | None = field(default=None, metadata=NOT_FROM_FILE)
    bundled: bool = field(default=False, metadata=NOT_FROM_FILE)

    @property
    def reference(self) -> str:
        """What `embodiment` finds it by: the name of a bundled one, the path of another."""
        return self.name if self.bundled else str(self.file)

    @property
    def identity(self) -> str:
        """Name in records of what was played, learned or trained with these hands.

        The hash of a description that is not bundled belongs to it, so that none is taken for
        another, or for what it was before it was changed.
        """
        return self.name if self.bundled else f"{self.name}-{self.digest}"

    @cached_property
    def scopes(self) -> tuple[str, ...]:
        """What the names of each hand's elements begin with in the compiled model, before a `/`."""
        kind = "shadow_hand" if self.model.package else self.name
        return tuple(f"{side}_{kind}" for side in SIDES)

    @property
    def command_groups(self) -> tuple[str, ...]:
        """Names of the trajectory controllers of both hands."""
        return tuple(f"{side}_{name}" for side in SIDES for name in self.controllers)

    @property
    def slide_groups(self) -> tuple[str, ...]:
        """Those of them that drive slides of the mounting."""
        slides = [slide.joint for slide in self.mounting.slides]
        return tuple(
            f"{side}_{name}"
            for side in SIDES
            for name, patterns in self.controllers.items()
            if any(fnmatchcase(slide, pattern) for slide in slides for pattern in patterns)
        )

    @cached_property
    def layout(self) -> FingerLayout:
        """The fingers of both hands along the keyboard."""
        return FingerLayout.of(self.fingers, self.planning.fingers_apart)

    def tuned(self, kind: type[C], values: Mapping[str, float], **more: float) -> C:
        """Return a configuration with the tuning `values` of this description, and `more`.

        Raises:
            ModelError: A value has no such name or is out of range.
        """
        counts = {field.name: type(field.default) is int for field in fields_of(kind)}
        for name in values:
            if name not in counts:
                raise ModelError(
                    f"{self.name}: planning: no {name!r} in {kind.__name__}; there are: "
                    + ", ".join(counts)
                )
        try:
            typed = {
                name: int(value) if counts[name] and value.is_integer() else value
                for name, value in values.items()
            }
            return kind(**typed | more)
        except ConfigError as error:
            raise ModelError(f"{self.name}: planning: {error}") from error

    def short_name(self, side: int, name: str) -> str:
        """Return a name of the compiled model, or of the hand's own, without scope and prefix."""
        return name.rpartition("/")[2].removeprefix(self.model.prefix[side])

    def site_name(self, side: int, finger: Finger) -> str:
        """Return the name of a fingertip's site in the hand's own model."""
        return finger.site[side] or f"{finger.name}_fingertip"
