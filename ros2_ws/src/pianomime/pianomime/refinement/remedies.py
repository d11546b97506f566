"""Random changes of a plan that may correct wrong keys."""

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
from pianomime.refinement.objective import Fault
from pianomime.refinement.retiming import strike_earlier
from pianomime.score.step_notes import StepNote

Array = NDArray[np.float64]

_LEARNING_SHARE: Final = 0.05
"""Share of changes by the learning law of iterative learning control."""

_GAIN: Final = 0.5
"""Gain of the learning law on joint errors."""

_FADE_S: Final = 0.2
"""Duration of the ramps at the ends of the learning law's change [s]."""

_HOLD_SHARE: Final = 0.75
"""Share of `hold_longer` in changes for keys that their finger left too early; else a nudge."""

_RETIMING_SHARE: Final = 0.75
"""Share of `strike_earlier` in changes for strikes that are not in time; else a nudge."""

_RETIMING: Final = (0.3, 1.5)
"""Least and largest shift of a strike, as a share of its error."""

_HAND_SHARE: Final = 0.2
"""Share of nudges that move the whole hand."""

_NEAR_M: Final = 0.02
"""Maximum distance along y of a finger that may have pressed a wrong key [m]."""


_EARLIER_S: Final = 0.1
"""Maximum time by which a nudge begins before a missed note [s]."""

_LONGER_S: Final = 0.06
"""Maximum time by which a nudge ends after a missed note [s]."""

_AROUND_S: Final = 0.15
"""Maximum time by which a nudge begins before and ends after a wrong press [s]."""


class Remedies:
    """Generator of changes against errors. Decisions count from the start of the lead-in."""

    def __init__(self, notes: Sequence[StepNote], rows: int, lead: int, hands: HandsModel) -> None:
        """Index the fingered notes.

        Args:
            notes: Fingered notes; their decisions count from the start of the score.
            rows: Number of decisions of lead-in and score.
            lead: Number of decisions of the lead-in.
            hands: Model of the hands.
        """
        self._side_of = hands.spec.layout.side_of
        self._kinematics = [HandKinematics(hands, side) for side in range(len(SIDES))]
        self._notes = [note.shifted(lead) for note in notes]
        self._note_at = np.full((rows, N_KEYS), -1)  # index of the note, -1 for none
        for place, note in enumerate(self._notes):
            self._note_at[note.first : note.last + 1, note.key] = place
        self._tried = np.zeros((rows, N_KEYS))  # remedies proposed for each fault

    def propose(
        self,
        plan: PerformancePlan,
        played: Rollout,
        rows: slice,
        faults: Sequence[Fault],
        rng: np.random.Generator,
    ) -> Change | None:
        """Propose a change of a plan against a randomly chosen fault.

        The greater the loss, and the fewer the attempts so far, the more likely is its choice.

        Args:
            plan: Plan that was played.
            played: Rollout of the plan.
            rows: Decisions of the faults; the plan may be changed from the first one on.
            faults: Faults of the rollout in these decisions.
            rng: Random generator.

        Returns:
            The change; None if there are no faults, or no remedy applies.
        """
        if not faults:
            return None
        if rng.uniform() < _LEARNING_SHARE:
            return _by_learning_law(plan, played, rows)
        weight = np.array([f.loss / (1 + self._tried[f.row, f.key]) for f in faults])
        for place in rng.choice(len(faults), len(faults), replace=False, p=weight / weight.sum()):
            fault = faults[place]
            self._tried[fault.row, fault.key] += 1
            remedy = self._remedy(plan, played, fault, rng)
            if remedy is not None and rows.start < remedy.rows.stop:
                return remedy.from_row(rows.start)
        return None

    def _remedy(
        self, plan: PerformancePlan, played: Rollout, fault: Fault, rng: np.random.Generator
    ) -> Change | None:
        step, key = fault.row, fault.key
        if self._note_at[step, key] < 0:
            nudge = self._for_false(plan, played, step, key, rng)
        else:
            note = self._notes[self._note_at[step, key]]
            finger = note.finger
            if finger == UNASSIGNED:
                return None
            if fault.late_s and rng.uniform() < _RETIMING_SHARE:
                by_s = fault.late_s * rng.uniform(*_RETIMING)
                hand = self._kinematics[self._side_of(finger)]
                return strike_earlier(plan, hand, note.first, by_s)
            until_s = plan.timing.time_s(step + 1 - plan.lead)
            strike = plan.last_strike(finger, until_s)
            left = strike is None or strike.release_s < until_s
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
        """Return a nudge that presses deeper, closer to the key's centre, earlier or longer."""
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
        """Return a nudge that lifts a finger near the wrong key, or moves it away."""
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
        """Return the fingertip positions at the end of a decision, (fingers, 3) [m, world]."""
        measured = played.position[step + 1]
        return np.asarray(both_fingertips(self._kinematics, measured[None])[0])


def _by_learning_law(plan: PerformancePlan, played: Rollout, rows: slice) -> Change:
    """Return the change that adds a share of the joint errors to the targets (ILC)."""
    error = plan.position[1:][rows] - played.position[1:][rows]
    fade = np.minimum(1.0, np.arange(1, len(error) + 1) / max(1, plan.timing.steps(_FADE_S)))
    return Change(rows, (_GAIN * np.minimum(fade, fade[::-1])[:, None] * error)[:, None])
