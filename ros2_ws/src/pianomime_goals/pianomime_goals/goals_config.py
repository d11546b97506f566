"""Parameters of the goals node."""

from dataclasses import dataclass
from typing import Final

from pianomime.config import parameter
from pianomime.score.arrangement_config import ArrangementConfig
from pianomime_common.clock import START_S
from pianomime_common.node_config import TimedNodeConfig

NO_SONG: Final = "none"
"""Value of `song` for no song; launch does not accept empty arguments."""


@dataclass(frozen=True, kw_only=True)
class GoalsConfig(ArrangementConfig, TimedNodeConfig):
    """Score, lead-in and horizon of the goals."""

    song: str = parameter(
        "twinkle", f"MIDI file, or a bundled piece; {NO_SONG}: wait for play_score"
    )
    start_s: float = parameter(START_S, "ROS time at which the lead-in begins [s]", ge=0.0, le=1e11)
    lead_in_s: float = parameter(
        1.0, "Silence before the score, to reach the first position [s]", ge=0.0, le=60.0
    )
    horizon_s: float = parameter(1.6, "Lookahead into the score [s]", ge=0.05, le=10.0)
    ahead_s: float = parameter(
        0.0,
        "Delay from a command to its effect [s]; 0 in lock-step simulation",
        ge=0.0,
        le=0.5,
    )
    tail_s: float = parameter(
        0.5, "Time with raised fingers after the last note [s]", ge=0.0, le=60.0
    )
