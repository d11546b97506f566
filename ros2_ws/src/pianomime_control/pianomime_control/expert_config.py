"""Parameters of the controllers."""

from dataclasses import dataclass

from pianomime.config import parameter
from pianomime.hands.embodiment import embodiment_parameter
from pianomime.planning.motion_limits import MotionLimits
from pianomime_common.node_config import TimedNodeConfig


@dataclass(frozen=True, kw_only=True)
class PlannerConfig(TimedNodeConfig, MotionLimits):
    """Embodiment and motion limits of the planner."""

    embodiment: str = embodiment_parameter()


@dataclass(frozen=True, kw_only=True)
class ExpertConfig(PlannerConfig):
    """Embodiment, motion limits and input files of the expert."""

    tail_s: float = parameter(
        0.5, "Time with raised fingers after the last note [s]", ge=0.0, le=60.0
    )
    learned: str = parameter("", "Learned performance, a file of `pianomime learn`; empty: plan")
    demo: str = parameter("", "Demonstration, a folder of `pianomime perceive`; empty: none")
