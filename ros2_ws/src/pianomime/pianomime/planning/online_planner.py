"""Plan while playing: at each decision, from the notes of the next second alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.command import Command
from pianomime.fingering.online import OnlineFingering
from pianomime.hands.fingers import SIDES
from pianomime.hands.hands_model import HandsModel
from pianomime.hands.kinematics import HandKinematics
from pianomime.planning.actuator_targets import ActuatorTargets
from pianomime.planning.fingertip_plan import (
    FingertipPlan,
    FingertipPlanConfig,
    Span,
    plan_fingertips,
)
from pianomime.planning.motion_limits import MotionLimits
from pianomime.planning.performance_plan import FEEDBACK_GAIN
from pianomime.planning.trajectory import TrajectoryConfig, TrajectoryFit
from pianomime.score.step_notes import NoteName, StepNote, in_window
from pianomime.timing import Timing

Array = NDArray[np.float64]

LOOKAHEAD_S: Final = 1.0
"""Time that the planner looks ahead [s]."""

MAX_SKIPPED_S: Final = 0.5
"""Longest time between two calls, where a machine is too slow for real time [s]."""

_ITERATIONS: Final = 2
"""Iterations of the fit per decision. Two suffice because each fit is warm-started."""

_PREVIEW_S: Final = 0.1
"""Part of the fit, beyond what may be skipped, that targets are chosen for [s]."""


@dataclass
class _Hand:
    """One hand: its fit's last trajectory, whose rows 0 and 1 are the last and this instant."""

    kinematics: HandKinematics
    targets: ActuatorTargets
    pose: Array | None  # (rows, na)
    held: Array  # (2, na)
    state: Array  # (rows, 2 na) to which the targets lead, from this instant on, a row per target


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
        self._now = 0
        self._timing = timing
        self._limits = limits or MotionLimits()
        self._layout = hands.spec.layout
        self._fingering = OnlineFingering(timing, hands.spec)
        self._config = TrajectoryConfig.of(hands.spec, iterations=_ITERATIONS)
        self._fingertip_config = FingertipPlanConfig.of(hands.spec, limits)
        self._preview = timing.steps(MAX_SKIPPED_S) + max(2, timing.steps(_PREVIEW_S))
        self._hands: list[_Hand] = []
        for side in range(len(SIDES)):
            kinematics = HandKinematics(hands, side)
            targets = ActuatorTargets(kinematics, timing)
            held = np.tile(kinematics.pose(start), (2, 1))
            held = np.clip(held, kinematics.lower, kinematics.upper)
            state = np.concatenate((held[1:], np.zeros_like(held[1:])), axis=1)
            self._hands.append(_Hand(kinematics, targets, None, held, state))

    @property
    def horizon(self) -> int:
        """Decisions whose notes the planner takes."""
        return self._timing.steps(LOOKAHEAD_S) + 1

    @property
    def fingers(self) -> dict[NoteName, int]:
        """Fingers that are decided of the notes in sight."""
        return self._fingering.settled

    def step(
        self, now: int, notes: Sequence[StepNote], sustain: NDArray[np.bool_], measured: Array
    ) -> Command:
        """Return the command of the decision that begins.

        Args:
            now: Which decision; up to `MAX_SKIPPED_S` may have gone by since the last call.
            notes: In sight; those beyond the horizon are not looked at.
            sustain: (points,) the pedal.
            measured: (n,) joint positions [rad, m].
        """
        plan = self._fingertips(now, notes)
        passed, self._now = now - self._now, now
        points = self._timing.points
        target = np.zeros((points, self._n))
        for hand in self._hands:
            pose, targets = self._plan(hand, plan, passed)
            joints, expand = hand.kinematics.joints, hand.kinematics.expand
            error = expand @ pose[1] - measured[joints]
            target[:, joints] = targets @ expand.T + FEEDBACK_GAIN * error
        return Command(target, sustain, self._timing.times_s)

    def _plan(self, hand: _Hand, plan: FingertipPlan, passed: int) -> tuple[Array, Array]:
        """Fit a hand; return its trajectory (rows, na) and the targets to command (points, na)."""
        points, warm_start = self._timing.points, None
        if hand.pose is not None:
            rest = hand.pose[passed:]
            hand.held = rest[:2]
            warm_start = np.concatenate([rest, np.repeat(rest[-1:], passed, axis=0)])
            hand.state = hand.state[passed * points :]
        fit = TrajectoryFit(
            hand.kinematics, plan, hand.held, self._timing, self._config, self._limits
        )
        hand.pose = fit.solve(warm_start)
        preview = hand.pose[: self._preview]
        tracked = hand.targets.along(preview, plan.window(0, self._preview), 1, hand.state[0])
        hand.state = tracked.state
        return hand.pose, tracked.target[:points]

    def _fingertips(self, now: int, notes: Sequence[StepNote]) -> FingertipPlan:
        """Return the fingertips' targets from the last instant to the horizon."""
        seen = self._fingering.update(now, in_window(notes, now, self.horizon))
        relative = [note.shifted(-now) for note in seen]
        span = Span(1, self.horizon)
        config = self._fingertip_config
        return plan_fingertips(relative, span, self._timing, self._layout, config)
