"""Changes of a plan that may right a wrong key."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import SIDES, UNASSIGNED
from pianomime.hands.hands_model import HandsModel
from pianomime.hands.kinematics import HandKinematics, both_fingertips
from pianomime.piano.geometry import N_KEYS, key_y
from pianomime.planning.performance_plan import PerformancePlan
from pianomime.planning.rollout import Rollout
from pianomime.refinement.change import Change
from pianomime.refinement.holding import hold_longer
from pianomime.refinement.nudge import Nudge
from pianomime.score.step_notes import StepNote

Array = NDArray[np.float64]

_LEARNING_SHARE: Final = 0.1
"""Of changes by the plain learning law."""

_GAIN: Final = 0.5
"""Share of the joints' errors that the learning law adds to their targets."""

_FADE_S: Final = 0.2
"""Time over which the learning law's change comes and goes."""

_HOLD_SHARE: Final = 0.75
"""Of changes for a key that is wanted when its finger has left; a nudge may help, too."""

_HAND_SHARE: Final = 0.2
"""Of nudges that move the whole hand."""

_NEAR_M: Final = 0.02
"""A finger this close to a wrong key, along y, may have pressed it."""


_EARLIER_S: Final = 0.1
"""Most by which a missed note is nudged before its onset."""

_LONGER_S: Final = 0.06
"""Most by which a missed note is nudged beyond its end."""

_AROUND_S: Final = 0.15
"""Most by which a nudge begins before and ends after a wrong press."""


class Remedies:
    """Changes against what went wrong. Decisions count from the beginning of the lead-in."""

    def __init__(self, notes: Sequence[StepNote], rows: int, lead: int, hands: HandsModel) -> None:
        """Take the notes with their fingers.

        Args:
            notes: Of the score, in its decisions.
            rows: Decisions of lead-in and score.
            lead: Decisions of the lead-in.
            hands: The hands that play.
        """
        self._side_of = hands.spec.layout.side_of
        self._kinematics = [HandKinematics(hands, side) for side in range(len(SIDES))]
        self._notes = [note.shifted(lead) for note in notes]
        self._note_at = np.full((rows, N_KEYS), -1)  # -1 where none is wanted
        for place, note in enumerate(self._notes):
            self._note_at[note.first : note.last + 1, note.key] = place

    def propose(
        self, plan: PerformancePlan, played: Rollout, begin: int, end: int, rng: np.random.Generator
    ) -> Change | None:
        """Return a change of a plan against a random error.

        Args:
            plan: What was played.
            played: What came of it.
            begin: First decision that can be changed.
            end: After the last decision whose errors matter.
            rng: To choose with.

        Returns:
            None if nothing is wrong, or nothing known helps.
        """
        wrong = np.argwhere((self._note_at[begin:end] >= 0) != played.active[begin:end])
        if len(wrong) and rng.uniform() < _LEARNING_SHARE:
            return _by_learning_law(plan, played, slice(begin, end))
        for step, key in rng.permutation(wrong):
            remedy = self._remedy(plan, played, begin + int(step), int(key), rng)
            if remedy is not None and remedy.rows.stop > begin:
                return remedy.from_row(begin)
        return None

    def _remedy(
        self, plan: PerformancePlan, played: Rollout, step: int, key: int, rng: np.random.Generator
    ) -> Change | None:
        if self._note_at[step, key] < 0:
            nudge = self._for_false(plan, played, step, key, rng)
        else:
            note = self._notes[self._note_at[step, key]]
            finger = note.finger
            if finger == UNASSIGNED:
                return None
            left = not plan.fingertips.contact[step + 1, finger]
            if left and rng.uniform() < _HOLD_SHARE:
                return hold_longer(plan, self._kinematics[self._side_of(finger)], finger, step, rng)
            nudge = self._for_missed(note, plan, played, step, rng)
        if nudge is None:
            return None
        return nudge.change(plan, self._kinematics[self._side_of(nudge.finger)])

    def _for_missed(
        self,
        note: StepNote,
        plan: PerformancePlan,
        played: Rollout,
        step: int,
        rng: np.random.Generator,
    ) -> Nudge:
        """Press deeper, nearer to the key's middle, earlier or longer."""
        timing, key, finger = plan.timing, note.key, note.finger
        tip = self._tips(played, step)[finger]
        shift = np.array(
            [
                rng.normal() * 0.006,
                rng.uniform() * (key_y()[key] - tip[1]) + rng.normal() * 0.002,
                -abs(rng.normal()) * 0.006,
            ]
        )
        begin = note.first - int(rng.integers(0, timing.steps(_EARLIER_S) + 1))
        whole_hand = rng.uniform() < _HAND_SHARE
        end = note.last + 1 + int(rng.integers(0, timing.steps(_LONGER_S) + 1))
        return Nudge(finger, begin, end, shift, whole_hand)

    def _for_false(
        self, plan: PerformancePlan, played: Rollout, step: int, key: int, rng: np.random.Generator
    ) -> Nudge | None:
        """Lift the finger that pressed the wrong key, or move it away."""
        tips = self._tips(played, step)
        distance = np.abs(tips[:, 1] - key_y()[key])
        near = np.flatnonzero(distance < _NEAR_M)
        if not len(near):
            return None
        finger = int(rng.choice(near))
        away = np.sign(tips[finger, 1] - key_y()[key])
        shift = np.array(
            [rng.normal() * 0.006, away * abs(rng.normal()) * 0.003, abs(rng.normal()) * 0.006]
        )
        most = plan.timing.steps(_AROUND_S) + 1
        begin, end = step - int(rng.integers(0, most)), step + 1 + int(rng.integers(0, most))
        return Nudge(finger, begin, end, shift, rng.uniform() < _HAND_SHARE)

    def _tips(self, played: Rollout, step: int) -> Array:
        """Return where the fingertips were at the end of a step, (fingers, 3)."""
        measured = played.position[step + 1]
        return np.asarray(both_fingertips(self._kinematics, measured[None])[0])


def _by_learning_law(plan: PerformancePlan, played: Rollout, rows: slice) -> Change:
    """Add a share of the joints' errors to their targets (iterative learning control)."""
    error = plan.position[1:][rows] - played.position[1:][rows]
    fade = np.minimum(1.0, np.arange(1, len(error) + 1) / plan.timing.steps(_FADE_S))
    return Change(rows, (_GAIN * np.minimum(fade, fade[::-1])[:, None] * error)[:, None])
