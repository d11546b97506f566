"""Limits of the gate; the joints' own limits come from the hands' model."""

from dataclasses import dataclass

from pianomime.config import Config, parameter
from pianomime.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class GateConfig(Config):
    """What may pass, and what is done when it may not.

    The limits of velocity and acceleration are an anomaly filter. The defaults are those of the
    simulation, whose soft actuators are driven by targets far ahead of the joints (the expert's
    go up to 30 rad/s, the joints themselves to 17); for real hands set them to the maker's.
    """

    owner: str = parameter("expert", "The only source of commands that is obeyed", runtime=True)
    auto_arm: bool = parameter(
        False, "Arm, and go on after a silence, without being asked: for simulated hands"
    )
    lock_step: bool = parameter(
        False, "Time waits for commands, as in a simulation in lock-step: silence is no fault"
    )
    command_timeout_s: float = parameter(
        0.1, "Oldest command that passes, by its stamp [s]", ge=0.001, le=10.0, runtime=True
    )
    future_tolerance_s: float = parameter(
        0.5, "How far ahead of the clock a stamp may be [s]", ge=0.0, le=10.0, runtime=True
    )
    silence_s: float = parameter(
        0.08,
        "Longest time without a command, by a steady clock, before the hands are lifted [s]",
        ge=0.01,
        le=10.0,
        runtime=True,
    )
    state_timeout_s: float = parameter(
        0.2, "Oldest joint state that commands may follow [s]", ge=0.01, le=10.0, runtime=True
    )
    halt_s: float = parameter(0.3, "Time to lift the hands in a halt [s]", ge=0.05, le=5.0)
    switch_s: float = parameter(
        0.3, "Time to lead over from one source to another [s]", ge=0.0, le=5.0, runtime=True
    )
    max_target_velocity: float = parameter(
        100.0, "Of a hinge's target [rad/s]", ge=0.01, le=1000.0, runtime=True
    )
    max_target_acceleration: float = parameter(
        16000.0, "Of a hinge's target [rad/s^2]", ge=0.01, le=1e5, runtime=True
    )
    max_slide_target_velocity: float = parameter(
        25.0, "Of a slide's target [m/s]", ge=0.001, le=100.0, runtime=True
    )
    max_slide_target_acceleration: float = parameter(
        3500.0, "Of a slide's target [m/s^2]", ge=0.001, le=1e4, runtime=True
    )
    guard_hands: bool = parameter(
        True, "Keep the hands apart; off where the simulation lets them pass through each other"
    )
    hand_slow_m: float = parameter(
        0.03, "Distance of the hands below which they approach slower [m]", ge=0.0, le=0.5
    )
    hand_stop_m: float = parameter(
        0.01, "Distance at which they approach no further [m]", ge=0.0, le=0.5
    )
    palm_slow_m: float = parameter(
        0.065, "Height of palms and wrists below which they sink slower [m]", ge=0.0, le=0.5
    )
    palm_stop_m: float = parameter(0.05, "Height at which they sink no further [m]", ge=0.0, le=0.5)

    def __post_init__(self) -> None:
        """Check the values, and that what stops is slowed before.

        Raises:
            ConfigError: A value is out of range, or it is not.
        """
        super().__post_init__()
        for what in ("hand", "palm"):
            slow_m, stop_m = getattr(self, f"{what}_slow_m"), getattr(self, f"{what}_stop_m")
            if stop_m > slow_m:
                raise ConfigError(
                    f"{what}_stop_m = {stop_m}: must be at most {what}_slow_m = {slow_m}"
                )
