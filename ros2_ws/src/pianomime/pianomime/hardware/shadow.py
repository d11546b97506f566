"""Names of the Shadow Hand's driver.

From Shadow's documentation (dexterous-hand.readthedocs.io, 2024): fingers and wrist have a
trajectory controller each, `rh_trajectory_controller` and `rh_wr_trajectory_controller`; beneath
them each joint has a position controller, `sh_rh_ffj3_position_controller`. Joints 1 and 2 of the
four fingers hang on one tendon, so they share a controller, J0, whose position is their sum.
"""

from collections.abc import Sequence
from typing import Final

STATE_RATE_HZ: Final = 125.0
"""Rate of the driver's joint_states."""

COUPLED: Final = ("FF", "MF", "RF", "LF")
"""Fingers whose joints 1 and 2 are coupled; the thumb's are not."""


def position_controllers(joint_names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the joints whose targets' sum goes to each position controller, by its name.

    Args:
        joint_names: Shadow's, such as `rh_FFJ1`.
    """
    controllers: dict[str, tuple[str, ...]] = {}
    for name in joint_names:
        side, _, joint = name.partition("_")
        coupled = joint[:2] in COUPLED and joint[2:] in ("J1", "J2")
        which = f"{joint[:2]}J0" if coupled else joint
        controller = f"sh_{side}_{which.lower()}_position_controller"
        controllers[controller] = (*controllers.get(controller, ()), name)
    return controllers
