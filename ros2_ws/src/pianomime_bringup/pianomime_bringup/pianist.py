"""Graph of the pianist: its nodes and their parameters.

Used by `launch/*.launch.py` (launch_ros actions) and `pianomime play` (processes).
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from pianomime.config import parameter
from pianomime.controllers.controller import FILES, Controller
from pianomime.controllers.registry import controller_names, controller_table, find_controller
from pianomime.errors import ConfigError
from pianomime.hardware.grid import grid_index
from pianomime.perception.demonstration import load_demonstration
from pianomime.planning.motion_limits import MotionLimits
from pianomime.policy.registry import read_policy
from pianomime.refinement.learned_file import load_learned
from pianomime.score.arrangement import Arrangement
from pianomime.score.arrangement_config import ArrangementConfig
from pianomime.score.repertoire import find_arrangement
from pianomime.simulation.model import load_model
from pianomime.timing import Timing
from pianomime.viewer.address import page_url
from pianomime_bringup.devices import DevicesConfig, devices_graph
from pianomime_bringup.graph import NodeSpec, OnDeath, Value
from pianomime_goals.goals_config import NO_SONG, GoalsConfig
from pianomime_hardware.hardware_config import AHEAD_S
from pianomime_policy.bundled import bundled_checkpoint
from pianomime_view.view_config import ViewConfig

REAL_HANDS: Final[dict[str, Value]] = {
    "max_target_velocity": MotionLimits.max_joint_velocity,
    "max_target_acceleration": MotionLimits.max_joint_acceleration,
    "max_slide_target_velocity": MotionLimits.max_slide_velocity,
    "max_slide_target_acceleration": MotionLimits.max_slide_acceleration,
}
"""Initial limits of the gate for real hands; replace them by the manufacturer's."""


@dataclass(frozen=True, kw_only=True)
class PianistConfig(ArrangementConfig, DevicesConfig):
    """Arguments of the pianist's graph, for command line and launch."""

    song: str = parameter(
        GoalsConfig.song,
        f"MIDI file, or name of a bundled piece; {NO_SONG}: wait for play_score",
    )
    controller: str = parameter("expert", "Controller that plays", one_of=controller_names())
    learned: str = parameter("", "Learned performance to play, a file of `pianomime learn`")
    demo: str = parameter("", "Demonstration to follow, a folder of `pianomime perceive`")
    checkpoint: str = parameter("", "Checkpoint of `pianomime train`; empty: the bundled one")
    standby: str = parameter(
        "",
        "Second controller that runs on standby, for a handover during a song",
        one_of=("", *controller_names()),
    )
    real_time: bool = parameter(
        False, "Simulate in real time; otherwise in lock-step, as fast as possible"
    )
    start_delay_s: float = parameter(
        8.0,
        "Time for the nodes to start before the lead-in, with devices [s]",
        ge=0.0,
        le=600.0,
    )
    lead_in_s: float = parameter(1.0, "Silence before the score [s]", ge=0.0, le=60.0)
    record: str = parameter("", "Folder of the bag to record; empty: no recording")
    view: bool = parameter(False, "Serve a live view, and simulate at most in real time")
    view_host: str = parameter(
        ViewConfig.host, "Address of the live view; 0.0.0.0: all network interfaces"
    )
    view_port: int = parameter(
        ViewConfig.port, "Port of the live view; sound uses the next port", ge=1024, le=65534
    )

    @property
    def view_url(self) -> str:
        """URL of the live view."""
        return page_url(self.view_host, self.view_port)

    @property
    def is_lock_step(self) -> bool:
        """Whether the simulation waits for commands."""
        return self.is_simulated and not self.real_time

    @property
    def controllers(self) -> tuple[str, ...]:
        """Names of the running controllers; the first one plays."""
        return tuple(dict.fromkeys(name for name in (self.controller, self.standby) if name))

    def load_score(self) -> Arrangement | None:
        """Load and arrange the song and validate all inputs, before anything starts.

        Returns:
            The arrangement; None if there is no song.

        Raises:
            ConfigError: Real hands have no keyboard, or a file is for another controller.
            ControllerError: A controller's description is invalid.
            ScoreError: The score cannot be played.
            ModelError: The hands' models are missing or do not match their description; or the
                learned performance or checkpoint is invalid, or for another score, embodiment or
                timing.
            DemonstrationError: The demonstration is invalid, or of another score or timing.
        """
        self.check_devices()
        load_model(self.hands)
        rows = [find_controller(name) for name in self.controllers]
        for row in rows:
            row.load_config()
        self._check_use_of_files(rows)
        found = self._find_arrangement()
        score = found.score if found else None
        if self.learned:
            learned = load_learned(Path(self.learned), self.hands)
            learned.check_timing(self.timing)
            if score:
                learned.check_score(score.sha256)
        if any("checkpoint" in row.files for row in rows):
            path = Path(self.checkpoint or bundled_checkpoint(self.hands))
            read_policy(path, self.hands, self.timing)
        if self.demo:
            demonstration = load_demonstration(Path(self.demo))
            demonstration.check_timing(self.timing)
            if score:
                demonstration.check_score(score)
        return found

    def _find_arrangement(self) -> Arrangement | None:
        if self.song == NO_SONG:
            return None
        return find_arrangement(self.song, self.arrangement)

    def _check_use_of_files(self, rows: Sequence[Controller]) -> None:
        for name in FILES:
            value = getattr(self, name)
            if not value or any(name in row.files for row in rows):
                continue
            takers = [row.name for row in controller_table().rows.values() if name in row.files]
            raise ConfigError(
                f"{name} = {value!r}: is for the {' and the '.join(takers)} alone; "
                f"the controller is {' and '.join(self.controllers)}"
            )
        if self.learned and self.demo:
            raise ConfigError(
                f"demo = {self.demo!r}: cannot be combined with learned = {self.learned!r}"
            )


def pianist_graph(config: PianistConfig) -> tuple[NodeSpec, ...]:
    """Return the nodes of the pianist, in starting order.

    With devices, which run in real time, the start time of the song is fixed here, so that a goals
    node that restarts during a song continues at the right position.
    """
    by_the_clock: dict[str, Value] = {
        "start_s": _on_the_grid(time.time() + config.start_delay_s, config.timing),
        "ahead_s": AHEAD_S,
    }
    nodes = (
        *((_simulation(config),) if config.is_simulated else devices_graph(config)),
        NodeSpec(
            package="pianomime_goals",
            executable="goals",
            name="goals",
            parameters={
                "use_sim_time": config.is_simulated,
                "song": config.song,
                **config.timing.as_dict(),
                "lead_in_s": config.lead_in_s,
                **asdict(config.arrangement),
                **({} if config.is_simulated else by_the_clock),
            },
        ),
        _gate(config),
        *(_controller(config, name) for name in config.controllers),
        NodeSpec(
            package="pianomime_description",
            executable="description",
            name="description",
            parameters={
                "use_sim_time": config.is_simulated,
                "embodiment": config.hands.reference,
            },
            on_death=OnDeath.GO_ON,
        ),
        *((_view(config),) if config.view else ()),
    )
    if not config.record:
        return nodes
    recorder = NodeSpec(
        package="pianomime_recorder",
        executable="recorder",
        name="recorder",
        parameters={
            "use_sim_time": config.is_simulated,
            "bag": config.record,
            "sources": ",".join(config.controllers),
            "embodiment": config.hands.reference,
            "release": "sim/set_pause" if config.is_simulated else "",
            "arguments": json.dumps(asdict(config)),
        },
        on_death=OnDeath.GO_ON,
    )
    return (recorder, *nodes)


def _simulation(config: PianistConfig) -> NodeSpec:
    # The simulation publishes /clock, so it has no use_sim_time parameter here.
    return NodeSpec(
        package="pianomime_sim",
        executable="sim",
        name="sim",
        parameters={
            "embodiment": config.hands.reference,
            **config.timing.as_dict(),
            "real_time": config.real_time,
            "paused": bool(config.record),  # until the recorder has received every topic
            "max_real_time_factor": float(config.view),
        },
        on_death=OnDeath.END,
    )


def _gate(config: PianistConfig) -> NodeSpec:
    real = config.is_real
    parameters: dict[str, Value] = {
        "use_sim_time": config.is_simulated,
        "embodiment": config.hands.reference,
        **config.timing.as_dict(),
        "owner": config.controller,
        "sources": ",".join(config.controllers),
        # Real hands are armed by the operator; a simulation starts by itself.
        "auto_arm": not real,
        "lock_step": config.is_lock_step,
        "guard_hands": real or config.hands.hands_collide,
    }
    return NodeSpec(
        package="pianomime_control",
        executable="gate",
        name="gate",
        parameters=parameters | (REAL_HANDS if real else {}),
    )


def _controller(config: PianistConfig, name: str) -> NodeSpec:
    row = find_controller(name)
    parameters: dict[str, Value] = {
        "use_sim_time": config.is_simulated,
        "embodiment": config.hands.reference,
        **config.timing.as_dict(),
        **{file: getattr(config, file) for file in row.files},
    }
    if "lock_step" in {field.name for field in fields(row.load_config())}:
        parameters["lock_step"] = config.is_lock_step
    return NodeSpec(
        package=row.package, executable=row.executable, name=name, parameters=parameters
    )


def _view(config: PianistConfig) -> NodeSpec:
    return NodeSpec(
        package="pianomime_view",
        executable="view",
        name="view",
        parameters={
            "embodiment": config.hands.reference,
            "sources": ",".join(config.controllers),
            "controls": not config.is_real,
            "host": config.view_host,
            "port": config.view_port,
        },
        on_death=OnDeath.GO_ON,
    )


def _on_the_grid(time_s: float, timing: Timing) -> float:
    return round(timing.time_s(grid_index(time_s, timing.decision_s) + 1), 3)
