"""Small changes of a plan that may right a wrong key: where, which finger, which way."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import FINGERS_PER_HAND, N_FINGERS, SIDES, UNASSIGNED, fingers_of
from pianomime.hands.hands_model import HandsModel
from pianomime.hands.kinematics import HandKinematics
from pianomime.piano.geometry import key_y
from pianomime.planning.performance_plan import PerformancePlan
from pianomime.planning.rollout import Rollout
from pianomime.score.goals import KeyGoals
from pianomime.score.score import Score

Array = NDArray[np.float64]

_RAMP: Final = 2
"""Control steps over which a nudge comes and goes."""

_DAMPING_M2: Final = 1e-5
"""Of the inverse Jacobian: a finger stretched out is not asked for the impossible."""

_NEAR_M: Final = 0.02
"""A finger this close to a wrong key, along y, may have pressed it."""


@dataclass(frozen=True)
class Nudge:
    """Move one fingertip by `shift` (3,) [m] in the targets of rows `begin` to `end`."""

    finger: int
    begin: int
    end: int
    shift: Array


class Nudger:
    """Propose nudges for what went wrong in a rollout, and turn them into joint targets."""

    def __init__(self, score: Score, goals: KeyGoals, hands: HandsModel) -> None:
        """Take the fingered score, and the hands that play it."""
        self._goals = goals
        self._kinematics = [HandKinematics(hands, side) for side in range(len(SIDES))]
        self._note_at = np.full((len(goals.keys), goals.keys.shape[1]), -1)
        self._notes = [
            (note, score.notes[note.index].key, score.notes[note.index].finger)
            for note in goals.notes
        ]
        for i, (note, key, _) in enumerate(self._notes):
            self._note_at[note.first : note.last + 1, key] = i

    def propose(
        self, rollout: Rollout, first: int, last: int, rng: np.random.Generator
    ) -> Nudge | None:
        """Return a nudge against one random error of steps first..last; None if there is none."""
        wrong = np.argwhere(self._goals.keys[first:last] != rollout.pressed[first:last])
        if not len(wrong):
            return None
        step, key = wrong[rng.integers(len(wrong))]
        step += first
        if self._goals.keys[step, key]:
            return self._for_missed(rollout, int(step), int(key), rng)
        return self._for_false(rollout, int(step), int(key), rng)

    def targets(self, plan: PerformancePlan, nudge: Nudge) -> tuple[slice, Array]:
        """Return the rows of `plan.target` that a nudge changes, and by how much, (rows, n)."""
        side, finger = divmod(nudge.finger, FINGERS_PER_HAND)
        kinematics = self._kinematics[side]
        rows = slice(max(nudge.begin - _RAMP, 0), min(nudge.end + _RAMP, len(plan.target)))
        time = np.arange(rows.start, rows.stop)
        rise = (time - nudge.begin + _RAMP + 1) / (_RAMP + 1)
        fall = (nudge.end + _RAMP - time) / (_RAMP + 1)
        weight = np.clip(np.minimum(rise, fall), 0.0, 1.0)
        pose = kinematics.pose(plan.position[rows])
        jacobian = kinematics.fingertips(pose).jacobian()[:, finger] * kinematics.own[finger]
        square = jacobian @ jacobian.transpose(0, 2, 1) + _DAMPING_M2 * np.eye(3)
        solved = np.linalg.solve(square, np.broadcast_to(nudge.shift[:, None], (len(time), 3, 1)))
        change = (jacobian.transpose(0, 2, 1) @ solved)[..., 0] * weight[:, None]
        full = np.zeros((len(time), plan.target.shape[1]))
        full[:, kinematics.joints] = change @ kinematics.expand.T
        return rows, full

    def _for_missed(
        self, rollout: Rollout, step: int, key: int, rng: np.random.Generator
    ) -> Nudge | None:
        """Press deeper, nearer to the key's middle, earlier or longer."""
        note, _, finger = self._notes[self._note_at[step, key]]
        if finger == UNASSIGNED:
            return None
        tip = self._tips(rollout, step)[finger]
        shift = np.array(
            [
                rng.normal() * 0.006,
                rng.uniform() * (key_y()[key] - tip[1]) + rng.normal() * 0.002,
                -abs(rng.normal()) * 0.006,
            ]
        )
        begin = rollout.lead + note.first - rng.integers(0, 3)
        return Nudge(finger, begin, rollout.lead + note.last + 1 + rng.integers(0, 2), shift)

    def _for_false(
        self, rollout: Rollout, step: int, key: int, rng: np.random.Generator
    ) -> Nudge | None:
        """Lift the finger that pressed the wrong key, or move it away."""
        tips = self._tips(rollout, step)
        distance = np.abs(tips[:, 1] - key_y()[key])
        near = np.flatnonzero(distance < _NEAR_M)
        if not len(near):
            return None
        finger = int(near[rng.integers(len(near))])
        away = np.sign(tips[finger, 1] - key_y()[key])
        shift = np.array(
            [
                rng.normal() * 0.006,
                away * abs(rng.normal()) * 0.003,
                abs(rng.normal()) * 0.006,
            ]
        )
        middle = rollout.lead + step
        return Nudge(finger, middle - rng.integers(0, 4), middle + 1 + rng.integers(0, 4), shift)

    def _tips(self, rollout: Rollout, step: int) -> Array:
        """Return where the fingertips were at the end of a step of the score, (10, 3)."""
        measured = rollout.position[rollout.lead + step + 1]
        tips = np.empty((N_FINGERS, 3))
        for side, kinematics in enumerate(self._kinematics):
            pose = kinematics.pose(measured)
            tips[fingers_of(side)] = kinematics.fingertips(pose[None]).position[0]
        return tips
