"""Plan while playing: at each decision, from the notes of the next second alone."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.command import Command
from pianomime.fingering.online import OnlineFingering
from pianomime.hands.fingers import SIDES
from pianomime.hands.hands_model import HandsModel
from pianomime.hands.kinematics import HandKinematics
from pianomime.planning.actuator_model import ActuatorModel
from pianomime.planning.actuator_targets import ActuatorTargets, curve
from pianomime.planning.feedback import Feedback
from pianomime.planning.fingertip_plan import FingertipPlan, FingertipPlanConfig, plan_fingertips
from pianomime.planning.motion_limits import MotionLimits
from pianomime.planning.row_times import row_times
from pianomime.planning.strikes import strikes
from pianomime.planning.trajectory import TrajectoryConfig, TrajectoryFit
from pianomime.score.goal import Goal
from pianomime.score.goals import pedal_matrix
from pianomime.score.score import Note
from pianomime.score.step_notes import NoteName, in_window
from pianomime.timing import Timing

Array = NDArray[np.float64]

LOOKAHEAD_S: Final = 1.0
"""Time that the planner looks ahead [s]."""

MAX_SKIPPED_S: Final = 0.5
"""Longest time between two calls, where a machine is too slow for real time [s]."""

_ITERATIONS: Final = 2
"""Iterations of the fit per decision. Two suffice because each fit is warm-started."""

_DAMPING: Final = 1.0
"""Damping of their first: near to the solution, steps with less are often tried in vain."""

_PREVIEW_S: Final = 0.2
"""Part of the fit that targets are chosen for [s]: what comes later hardly matters now."""

_KEPT_S: Final = 0.1
"""Time for which notes that are over are kept: their fingers are still going up [s]."""


@dataclass
class _Hand:
    """One hand, with the trajectory of its last fit and to where its targets lead."""

    kinematics: HandKinematics
    actuators: ActuatorModel
    targets: ActuatorTargets
    time_s: Array  # (rows,)
    pose: Array  # (rows, na)
    state: Array  # (rows, 2 na) from the last decision on, a row per target


class OnlinePlanner:
    """Receding-horizon planner: fit the window, command its first decision, move on by one."""

    def __init__(
        self,
        hands: HandsModel,
        timing: Timing,
        start: Array | None = None,
        limits: MotionLimits | None = None,
    ) -> None:
        """Begin with nothing played, and the joints at rest at `start` (n,) or the hands' own.

        `limits` are those of the joints' motion.
        """
        start = hands.start if start is None else start
        self._n = len(hands.joint_names)
        self._now: int | None = None
        self._timing = timing
        self._limits = limits or MotionLimits()
        self._layout = hands.spec.layout
        self._fingering = OnlineFingering(timing, hands.spec)
        self._feedback = Feedback(hands)
        self._config = TrajectoryConfig.of(hands.spec, iterations=_ITERATIONS, damping=_DAMPING)
        self._fingertips = FingertipPlanConfig.of(hands.spec, limits)
        self._notes: dict[NoteName, Note] = {}  # with fingers; those just over, too
        self._hands: list[_Hand] = []
        for side in range(len(SIDES)):
            kinematics = HandKinematics(hands, side)
            actuators = ActuatorModel(kinematics)
            targets = ActuatorTargets(kinematics, actuators, timing, self._fingertips)
            pose = np.clip(kinematics.pose(start), kinematics.lower, kinematics.upper)[None]
            state = np.concatenate((pose, np.zeros_like(pose)), axis=1)
            self._hands.append(_Hand(kinematics, actuators, targets, np.zeros(1), pose, state))

    @property
    def horizon(self) -> int:
        """Decisions whose notes the planner takes."""
        return self._timing.steps(LOOKAHEAD_S) + 1

    @property
    def fingers(self) -> dict[NoteName, int]:
        """Fingers that are decided of the notes in sight."""
        return self._fingering.settled

    def step(self, goal: Goal, measured: Array) -> Command:
        """Return the command of the decision that begins.

        Args:
            goal: Of the decision; up to `MAX_SKIPPED_S` may have gone by since the last. Notes
                beyond the planner's horizon are not looked at.
            measured: (n,) joint positions [rad, m].
        """
        passed = goal.step - (goal.step if self._now is None else self._now)
        self._now = goal.step
        timing = self._timing
        now_s = timing.time_s(goal.step)
        self._look(goal, now_s)
        played = strikes(self._notes.values(), self._layout, self._fingertips)
        first_s = (now_s - timing.command_s, now_s)
        end_s = now_s + timing.time_s(self.horizon)
        time_s = row_times(played, first_s, end_s, self._fingertips)
        plan = plan_fingertips(played, time_s, self._layout, self._fingertips)
        ahead_s = now_s + timing.command_s * np.arange(-1, self._preview + 1)
        ahead = np.zeros((timing.points + 1, self._n))
        target = np.zeros((timing.points, self._n))
        for hand in self._hands:
            path, targets = self._plan(hand, plan, ahead_s, passed)
            joints, expand = hand.kinematics.joints, hand.kinematics.expand
            ahead[:, joints] = path[1 : timing.points + 2] @ expand.T
            target[:, joints] = targets[: timing.points] @ expand.T
        target += self._feedback.correction(ahead[0], ahead[1:], measured)
        sustain = pedal_matrix(self._fingertips.late(goal.pedal), timing, goal.step, 1)[0]
        return Command(target, sustain, timing.times_s)

    def _plan(
        self, hand: _Hand, plan: FingertipPlan, ahead_s: Array, passed: int
    ) -> tuple[Array, Array]:
        """Fit a hand; return its path at `ahead_s` and the targets on it, from now on."""
        warm_start = curve(hand.time_s, hand.pose, plan.time_s)
        fit = TrajectoryFit(
            hand.kinematics, plan, warm_start[:2], self._config, self._limits, hand.actuators
        )
        hand.time_s, hand.pose = plan.time_s, fit.solve(warm_start)
        path = curve(hand.time_s, hand.pose, ahead_s)
        place = passed * self._timing.points
        if place < len(hand.state):
            state = hand.state[place]
        else:  # decisions were skipped
            state = np.concatenate((path[1], path[1] - path[0]))
        tracked = hand.targets.along(path, plan.keys_at(ahead_s, hand.kinematics.side), 1, state)
        hand.state = tracked.state
        return path, tracked.target

    def _look(self, goal: Goal, now_s: float) -> None:
        """Take the notes in sight with their fingers, and forget those that are long over."""
        exact = dict(zip(goal.index, goal.notes, strict=True))
        seen = in_window(goal.step_notes, goal.step, self.horizon)
        kept = {
            name: note
            for name, note in self._notes.items()
            if note.onset_s < now_s and now_s - _KEPT_S < note.offset_s
        }
        self._notes = kept | {
            note.name: replace(exact[note.index], finger=note.finger)
            for note in self._fingering.update(goal.step, seen)
        }

    @property
    def _preview(self) -> int:
        """Targets that are chosen at a time."""
        return self._timing.points * max(1, self._timing.steps(_PREVIEW_S))
