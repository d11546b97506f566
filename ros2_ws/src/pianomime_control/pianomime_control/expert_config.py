"""Parameters of the controllers."""

from dataclasses import dataclass

from pianomime.config import parameter
from pianomime.hands.embodiment import embodiment_parameter
from pianomime.planning.motion_limits import MotionLimits
from pianomime_common.node_config import TimedNodeConfig


@dataclass(frozen=True, kw_only=True)
class PlannerConfig(TimedNodeConfig, MotionLimits):
    """Which hands the planner plans for, and how fast they may move."""

    embodiment: str = embodiment_parameter()


@dataclass(frozen=True, kw_only=True)
class ExpertConfig(PlannerConfig):
    """Which hands the expert plans for, and what it has learned."""

    tail_s: float = parameter(
        0.5, "Time with lifted fingers after the last note [s]", ge=0.0, le=60.0
    )
    learned: str = parameter("", "File of `pianomime learn` to play from; empty: plan")
    demo: str = parameter("", "Folder of `pianomime perceive`, for its song; empty: none")
