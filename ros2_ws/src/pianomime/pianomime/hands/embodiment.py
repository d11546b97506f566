"""The two bodies that the literature plays with."""

from dataclasses import dataclass
from typing import Final

from pianomime.errors import ModelError


@dataclass(frozen=True, kw_only=True)
class Embodiment:
    """How the two Shadow hands are mounted and simulated.

    Attributes:
        name: Name in tables and parameters.
        forearm_dofs: robopianist's names of the forearm's slides: tx along the keyboard, ty
            towards it, tz up.
        reach_m: Range of forearm ty, [m].
        forearm_gain_scale: Factor on the forearm actuators' position gain; the damping stays that
            of the unscaled gain.
        hand_hand_collisions: Whether the two hands can touch each other.
        gravity_compensation: Whether the hands' weight is compensated.
    """

    name: str
    forearm_dofs: tuple[str, ...]
    reach_m: tuple[float, float]
    forearm_gain_scale: float
    hand_hand_collisions: bool
    gravity_compensation: bool

    @property
    def lifts(self) -> bool:
        """Whether the forearms move up and down."""
        return "forearm_tz" in self.forearm_dofs


EMBODIMENTS: Final = {
    body.name: body
    for body in (
        # PianoMime's code: robopianist/models/hands/shadow_hand.py and multi_task/utils.py.
        Embodiment(
            name="pianomime",
            forearm_dofs=("forearm_tx", "forearm_ty", "forearm_tz"),
            reach_m=(-0.1, 0.1),
            forearm_gain_scale=3.0,
            hand_hand_collisions=False,
            gravity_compensation=True,
        ),
        # RoboPianist's defaults, with the gravity compensation of its reinforcement learning runs.
        Embodiment(
            name="robopianist",
            forearm_dofs=("forearm_tx", "forearm_ty"),
            reach_m=(0.0, 0.06),
            forearm_gain_scale=1.0,
            hand_hand_collisions=True,
            gravity_compensation=True,
        ),
    )
}


def embodiment(name: str) -> Embodiment:
    """Return the embodiment called `name`.

    Raises:
        ModelError: There is none of that name.
    """
    if name not in EMBODIMENTS:
        raise ModelError(f"unknown embodiment {name!r}; there are: {', '.join(EMBODIMENTS)}")
    return EMBODIMENTS[name]
