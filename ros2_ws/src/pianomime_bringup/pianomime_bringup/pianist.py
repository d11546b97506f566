"""The one description of the graph: which nodes, with which parameters, under which conditions.

`launch/*.launch.py` turn it into launch_ros actions, `pianomime play` into processes.
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
from pianomime.score.repertoire import find_score
from pianomime.score.score import Score
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
    "max_forearm_target_velocity": MotionLimits.max_forearm_velocity,
    "max_forearm_target_acceleration": MotionLimits.max_forearm_acceleration,
}
"""The gate's limits for hands that can be hurt, to begin with; the maker's are the ones to set."""


@dataclass(frozen=True, kw_only=True)
class PianistConfig(DevicesConfig):
    """Arguments of the graph, for the command line and for launch."""

    song: str = parameter(
        GoalsConfig.song,
        f"MIDI file, or name of a bundled piece; {NO_SONG}: wait for play_score",
    )
    controller: str = parameter("expert", "Which controller plays", one_of=controller_names())
    learned: str = parameter("", "File of `pianomime learn` to play from")
    demo: str = parameter("", "Folder of `pianomime perceive`, to play in that human's manner")
    checkpoint: str = parameter("", "File of `pianomime train`; empty: the bundled one")
    standby: str = parameter(
        "",
        "A further controller that runs too, to hand over to in mid-song",
        one_of=("", *controller_names()),
    )
    real_time: bool = parameter(
        False, "Simulate by the wall clock (devices always do); else as fast as it goes, in step"
    )
    start_delay_s: float = parameter(
        8.0,
        "Time for the nodes to start before the lead-in, where devices are played [s]",
        ge=0.0,
        le=600.0,
    )
    lead_in_s: float = parameter(1.0, "Silence before the first bar [s]", ge=0.0, le=60.0)
    transpose: int = parameter(0, "Semitones to move the score by", ge=-87, le=87)
    stretch: float = parameter(1.0, "Factor on all durations: 2 is half the speed", ge=0.1, le=10.0)
    record: str = parameter("", "Folder of the bag to record; empty: record nothing")
    view: bool = parameter(False, "Show it live in a browser, not faster than real time")
    view_host: str = parameter(
        ViewConfig.host, "Address of the live view; 0.0.0.0: to everybody on the network"
    )
    view_port: int = parameter(
        ViewConfig.port, "Port of the live view; its sound is on the next", ge=1024, le=65534
    )

    @property
    def view_url(self) -> str:
        """Where the live view is."""
        return page_url(self.view_host, self.view_port)

    @property
    def is_lock_step(self) -> bool:
        """Whether time waits for commands."""
        return self.is_simulated and not self.real_time

    @property
    def controllers(self) -> tuple[str, ...]:
        """The controllers that run, the one that plays first."""
        return tuple(dict.fromkeys(name for name in (self.controller, self.standby) if name))

    def load_score(self) -> Score | None:
        """Return the music, so that what cannot be played is refused before anything starts.

        Returns:
            None where a song is waited for.

        Raises:
            ConfigError: Real hands have no keyboard, or a file is for another controller.
            ControllerError: A controller's package does not describe it properly.
            ScoreError: It cannot.
            ModelError: The hands' models are missing or do not fit their description; what was
                learned is not for this score or these hands, or is no policy.
            DemonstrationError: The demonstration is not of this score.
        """
        self.check_devices()
        load_model(self.hands)
        rows = [find_controller(name) for name in self.controllers]
        for row in rows:
            row.load_config()
        self._check_use_of_files(rows)
        score = self._find_score()
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
        return score

    def _find_score(self) -> Score | None:
        if self.song == NO_SONG:
            return None
        return find_score(self.song, self.transpose, self.stretch)

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
                f"demo = {self.demo!r}: what was learned ({self.learned}) has a manner of its own"
            )


def pianist_graph(config: PianistConfig) -> tuple[NodeSpec, ...]:
    """Return the nodes of the pianist, in the order in which they are best started.

    Real hands and keyboards run by the wall clock, so there the song begins at a time that is set
    here; a node that is replaced in mid-song goes on at the right bar all the same.
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
                "transpose": config.transpose,
                "stretch": config.stretch,
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
    # The simulation is the source of time, so it alone does not use simulated time.
    return NodeSpec(
        package="pianomime_sim",
        executable="sim",
        name="sim",
        parameters={
            "embodiment": config.hands.reference,
            **config.timing.as_dict(),
            "real_time": config.real_time,
            "paused": bool(config.record),  # until the recorder hears everything
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
        # Where nobody can be hurt a song should go on by itself.
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
