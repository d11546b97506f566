"""Parameters of the policy node."""

from dataclasses import dataclass

from pianomime.config import parameter
from pianomime.hands.embodiment import embodiment_parameter
from pianomime_common.node_config import TimedNodeConfig


@dataclass(frozen=True, kw_only=True)
class PolicyConfig(TimedNodeConfig):
    """Embodiment, checkpoint and clock mode of the policy."""

    embodiment: str = embodiment_parameter()
    checkpoint: str = parameter(
        "", "File of `pianomime train`, or of another policy; empty: the bundled one"
    )
    lock_step: bool = parameter(
        False, "Time waits for commands, as in a simulation in lock-step: the hands are never late"
    )
