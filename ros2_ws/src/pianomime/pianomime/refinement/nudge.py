"""Small temporary displacement of a fingertip."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.kinematics import HandKinematics
from pianomime.planning.performance_plan import PerformancePlan
from pianomime.refinement.change import Change

Array = NDArray[np.float64]

_RAMP_S: Final = 0.1
"""Duration of the ramps at the ends of a nudge [s]."""

_DAMPING_M2: Final = 1e-5
"""Damping of the inverse Jacobian [m²]; limits the change near singular poses."""


@dataclass(frozen=True)
class Nudge:
    """Displacement of one fingertip by `shift` (3,) [m] in the targets of rows `begin` to `end`.

    Moves the finger's own joints only, or with `whole_hand` those of the whole hand.
    """

    finger: int
    begin: int
    end: int
    shift: Array
    whole_hand: bool

    def change(self, plan: PerformancePlan, kinematics: HandKinematics) -> Change:
        """Compute the change of the plan's targets."""
        ramp = plan.timing.steps(_RAMP_S)
        finger = self.finger % kinematics.hands.spec.layout.per_hand
        rows = slice(max(self.begin - ramp, 0), min(self.end + ramp, len(plan.target)))
        time = np.arange(rows.start, rows.stop)
        rise = (time - self.begin + ramp + 1) / (ramp + 1)
        fall = (self.end + ramp - time) / (ramp + 1)
        weight = np.clip(np.minimum(rise, fall), 0.0, 1.0)
        pose = kinematics.pose(plan.position[rows])
        jacobian = kinematics.fingertips(pose).jacobian()[:, finger]
        if not self.whole_hand:
            jacobian = jacobian * kinematics.own[finger]
        square = jacobian @ jacobian.transpose(0, 2, 1) + _DAMPING_M2 * np.eye(3)
        solved = np.linalg.solve(square, np.broadcast_to(self.shift[:, None], (len(time), 3, 1)))
        change = (jacobian.transpose(0, 2, 1) @ solved)[..., 0] * weight[:, None]
        full = np.zeros((len(time), 1, plan.target.shape[-1]))
        full[:, 0, kinematics.joints] = change @ kinematics.expand.T
        return Change(rows, full)
