"""Plan while playing: at each control step, from the keys wanted in the next second alone."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.fingering.online import OnlineFingering
from pianomime.hands.fingers import SIDES
from pianomime.hands.hands_model import HandsModel
from pianomime.hands.kinematics import HandKinematics
from pianomime.planning.feedforward import Feedforward
from pianomime.planning.fingertip_plan import FingertipPlan, FingertipPlanConfig, plan_fingertips
from pianomime.planning.motion_limits import MotionLimits
from pianomime.planning.performance_plan import FEEDBACK_GAIN
from pianomime.planning.tracking import Tracker
from pianomime.planning.trajectory import TrajectoryConfig, TrajectoryFit
from pianomime.score.goals import KeyGoals, StepNote

Array = NDArray[np.float64]

LOOKAHEAD: Final = 20
"""Control steps that the planner looks ahead: 1 s."""

MAX_SKIPPED: Final = 10
"""Control steps that may pass between two calls, where a machine is too slow for real time."""

_ITERATIONS: Final = 2
"""Of the fit at each step; it starts from the step before, so few will do."""

_PREVIEW: Final = MAX_SKIPPED + 2
"""Rows of the fit that a target is chosen for."""


@dataclass
class _Hand:
    """One hand: its fit's last trajectory, whose rows 0 and 1 are the last and this instant."""

    kinematics: HandKinematics
    feedforward: Feedforward
    tracker: Tracker
    pose: Array | None  # (rows, na)
    held: Array  # (2, na)
    state: Array  # (rows, 2 na) what the targets bring it to, from this instant on


class OnlinePlanner:
    """Receding horizon: fit the window, command its first step, move on by one."""

    def __init__(
        self,
        hands: HandsModel,
        dt_s: float,
        start: Array | None = None,
        limits: MotionLimits | None = None,
    ) -> None:
        """Begin with nothing played, and the joints at rest at `start` (n,) or the hands' own.

        `limits` are those of the joints' motion.
        """
        start = hands.start if start is None else start
        self._n = len(hands.joint_names)
        self._now = 0
        self._dt_s = dt_s
        self._limits = limits or MotionLimits()
        self._layout = hands.spec.layout
        self._fingering = OnlineFingering(dt_s, hands.spec)
        self._config = TrajectoryConfig.of(hands.spec, iterations=_ITERATIONS)
        self._fingertip_config = FingertipPlanConfig.of(hands.spec, limits)
        self._hands: list[_Hand] = []
        for side in range(len(SIDES)):
            kinematics = HandKinematics(hands, side)
            feedforward = Feedforward(kinematics, dt_s)
            tracker = Tracker(kinematics, dt_s)
            held = np.tile(kinematics.pose(start), (2, 1))
            held = np.clip(held, kinematics.lower, kinematics.upper)
            state = np.concatenate((held[1:], np.zeros_like(held[1:])), axis=1)
            self._hands.append(_Hand(kinematics, feedforward, tracker, None, held, state))

    @property
    def fingers(self) -> dict[tuple[int, int], int]:
        """Return the fingers that are decided of the notes in sight, by key and first step."""
        return self._fingering.settled

    def step(self, now: int, keys: NDArray[np.bool_], measured: Array) -> Array:
        """Return the target of each joint (n,) for the control step that begins [rad, m].

        Args:
            now: Which control step; up to `MAX_SKIPPED` may have gone by since the last call.
            keys: (rows, 88) wanted at the ends of steps now, now + 1, ...
            measured: (n,) where the joints are.
        """
        plan = self._fingertips(now, keys)
        passed, self._now = now - self._now, now
        target = np.zeros(self._n)
        for hand in self._hands:
            warm_start = None
            if hand.pose is not None:
                rest = hand.pose[passed:]
                hand.held = rest[:2]
                warm_start = np.concatenate([rest, np.repeat(rest[-1:], passed, axis=0)])
                hand.state = hand.state[passed:]
            fit = TrajectoryFit(
                hand.kinematics, plan, hand.held, self._dt_s, self._config, self._limits
            )
            hand.pose = fit.solve(warm_start)
            pose = hand.pose[:_PREVIEW]
            wanted = hand.feedforward.targets(pose, plan.window(0, len(pose)))
            tracked = hand.tracker.track(pose, wanted, 1, hand.state[0])
            hand.state = tracked.state
            joints, expand = hand.kinematics.joints, hand.kinematics.expand
            error = expand @ hand.pose[1] - measured[joints]
            target[joints] = expand @ tracked.target[0] + FEEDBACK_GAIN * error
        return target

    def _fingertips(self, now: int, keys: NDArray[np.bool_]) -> FingertipPlan:
        """Return the fingertips' targets from the last instant to the horizon."""
        score, notes = self._fingering.update(now, keys)
        steps = tuple(StepNote(note.first - now, note.last - now, note.index) for note in notes)
        window = KeyGoals(keys, np.zeros(len(keys), bool), steps)
        return plan_fingertips(score, window, 1, 0, self._layout, self._fingertip_config)
