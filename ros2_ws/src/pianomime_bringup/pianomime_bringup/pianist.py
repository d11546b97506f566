"""The one description of the graph: which nodes, with which parameters, under which conditions.

`launch/pianist.launch.py` turns it into launch_ros actions, `pianomime play` into processes.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pianomime.config import Config, parameter
from pianomime.hands.embodiment import EMBODIMENTS, embodiment
from pianomime.perception.demonstration import load_demonstration
from pianomime.policy.checkpoint import load_checkpoint
from pianomime.refinement.learnt_file import load_learnt
from pianomime.score.repertoire import find_score
from pianomime.score.score import Score
from pianomime_policy.shipped import shipped_checkpoint

CONTROLLERS: Final = ("expert", "planner", "policy")
"""The expert plans the whole song before it plays, the planner a second ahead while it plays, the
policy does not plan: it has learnt to play."""

Value = str | int | float | bool


@dataclass(frozen=True, kw_only=True)
class PianistConfig(Config):
    """Arguments of the graph, for the command line and for launch."""

    song: str = parameter("twinkle", "Path of a MIDI file, or name of a piece that comes along")
    embodiment: str = parameter("pianomime", "How the hands are mounted", one_of=tuple(EMBODIMENTS))
    controller: str = parameter("expert", "Which controller plays", one_of=CONTROLLERS)
    learnt: str = parameter("", "File of `pianomime learn` for the expert to play from")
    demo: str = parameter("", "Folder of `pianomime perceive`, to play in that human's manner")
    checkpoint: str = parameter("", "File of `pianomime train` for the policy; empty: the shipped")
    real_time: bool = parameter(False, "Play by the wall clock; else as fast as it goes, in step")
    lead_in_s: float = parameter(1.0, "Silence before the first bar [s]", ge=0.0, le=60.0)
    transpose: int = parameter(0, "Semitones to move the score by", ge=-87, le=87)
    stretch: float = parameter(1.0, "Factor on all durations: 2 is half the speed", ge=0.1, le=10.0)
    bag: str = parameter("", "Folder to create for a recording; empty: record nothing")
    namespace: str = parameter("", "Namespace of all nodes and topics")
    log_level: str = parameter(
        "info", "Least severe messages logged", one_of=("debug", "info", "warn", "error", "fatal")
    )

    def load_score(self) -> Score:
        """Return the music, so that what cannot be played is refused before anything starts.

        Raises:
            ScoreError: It cannot.
            ModelError: What was learnt is not for this score or these hands, or is no policy.
            DemonstrationError: The demonstration is not of this score.
        """
        score = find_score(self.song, self.transpose, self.stretch)
        if self.learnt:
            learnt = load_learnt(Path(self.learnt))
            learnt.check_hands(self.embodiment)
            learnt.check_score(score.sha256)
        if self.controller == "policy":
            path = Path(self.checkpoint) if self.checkpoint else shipped_checkpoint(self.embodiment)
            load_checkpoint(path).check_embodiment(self.embodiment)
        if self.demo:
            load_demonstration(Path(self.demo)).check_score(score)
        return score


@dataclass(frozen=True, kw_only=True)
class NodeSpec:
    """One node of the graph.

    Attributes:
        package: ROS package.
        executable: Name of its entry point.
        name: Node name.
        parameters: ROS parameters.
        respawn: Whether it is started again when it dies; the others end the graph.
    """

    package: str
    executable: str
    name: str
    parameters: dict[str, Value] = field(default_factory=dict)
    respawn: bool = True

    @property
    def module(self) -> str:
        """Return the Python module of the node."""
        return f"{self.package}.{self.executable}_node"


def pianist_graph(config: PianistConfig) -> tuple[NodeSpec, ...]:
    """Return the nodes of the pianist, in the order in which they are best started."""
    recorder = NodeSpec(
        package="pianomime_recorder",
        executable="recorder",
        name="recorder",
        parameters={
            "use_sim_time": True,
            "bag": config.bag,
            "sources": config.controller,
            "embodiment": config.embodiment,
            "release": "sim/set_pause",
        },
        respawn=False,
    )
    nodes = (
        # The simulation is the source of time, so it alone does not use simulated time.
        NodeSpec(
            package="pianomime_sim",
            executable="sim",
            name="sim",
            parameters={
                "embodiment": config.embodiment,
                "real_time": config.real_time,
                "paused": bool(config.bag),  # until the recorder hears everything
            },
            respawn=False,
        ),
        NodeSpec(
            package="pianomime_goals",
            executable="goals",
            name="goals",
            parameters={
                "use_sim_time": True,
                "song": config.song,
                "embodiment": config.embodiment,
                "lead_in_s": config.lead_in_s,
                "transpose": config.transpose,
                "stretch": config.stretch,
                "demo": config.demo,
            },
        ),
        NodeSpec(
            package="pianomime_control",
            executable="gate",
            name="gate",
            parameters={
                "use_sim_time": True,
                "embodiment": config.embodiment,
                "owner": config.controller,
                "sources": config.controller,
                # Nobody can be hurt, and a song should go on by itself.
                "auto_arm": True,
                "lock_step": not config.real_time,
                "guard_hands": embodiment(config.embodiment).hand_hand_collisions,
            },
        ),
        _controller(config),
    )
    return (recorder, *nodes) if config.bag else nodes


def _controller(config: PianistConfig) -> NodeSpec:
    own: dict[str, dict[str, Value]] = {
        "expert": {"learnt": config.learnt, "demo": config.demo},
        "planner": {},
        "policy": {"checkpoint": config.checkpoint},
    }
    return NodeSpec(
        package="pianomime_policy" if config.controller == "policy" else "pianomime_control",
        executable=config.controller,
        name=config.controller,
        parameters={"use_sim_time": True, "embodiment": config.embodiment} | own[config.controller],
    )
