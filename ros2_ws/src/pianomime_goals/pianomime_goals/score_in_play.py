"""One score on the clock: what is wanted at each instant, and how well it has gone so far."""

import numpy as np

from pianomime.fingering.fingering import assign_fingers, dropped_notes
from pianomime.hands.embodiment import embodiment
from pianomime.metrics.key_press import KeyPressMetrics, RunningF1, key_press_metrics
from pianomime.perception.demonstration import Demonstration
from pianomime.planning.fingertip_plan import FingertipPlanConfig, plan_fingertips
from pianomime.score.goals import key_goals
from pianomime.score.score import Score
from pianomime.simulation.model import CONTROL_DT_S
from pianomime_common import conversions
from pianomime_goals.goals_config import GoalsConfig
from pianomime_msgs import msg


class ScoreInPlay:
    """A score whose lead-in begins at `start_s` [s, ROS time].

    Attributes:
        start_s: When its lead-in began.
        score: With fingers.
        dropped: Names of its notes that no finger can play.
    """

    def __init__(
        self,
        score: Score,
        start_s: float,
        config: GoalsConfig,
        demonstration: Demonstration | None = None,
        ends_s: float = 0.0,
    ) -> None:
        """Choose the fingers and lay out the goals; they go on to `ends_s` in the score at least.

        Raises:
            DemonstrationError: The demonstration is of another score.
        """
        self.start_s = start_s
        self._config = config
        self._lead = round(config.lead_in_s / CONTROL_DT_S)
        self._tail = round(config.tail_s / CONTROL_DT_S)
        manner = None
        if demonstration is not None:
            score, manner = demonstration.fingered(score), demonstration.tips_m
        self._goals = key_goals(score, CONTROL_DT_S)
        self._steps = max(len(self._goals.keys), round(ends_s / CONTROL_DT_S))
        self.score = assign_fingers(score, self._goals, CONTROL_DT_S)
        self.dropped = dropped_notes(self.score)
        self._sha256 = self.score.sha256
        geometry = FingertipPlanConfig.of(embodiment(config.embodiment).lifts)
        self._fingertips = plan_fingertips(
            self.score, self._goals, self._lead, self._tail, geometry, manner
        )
        self._pressed = np.zeros_like(self._goals.keys)
        self._judged = np.zeros(len(self._goals.keys), bool)
        self._f1 = RunningF1()

    def score_time_s(self, now_s: float) -> float:
        """Return the time in the score [s]; negative in the lead-in."""
        return self._step(now_s) * CONTROL_DT_S

    def is_over(self, now_s: float) -> bool:
        """Return whether the last note and the time with lifted fingers after it are over."""
        return self._step(now_s) >= self._steps + self._tail

    def judge(self, now_s: float, active: np.ndarray) -> None:
        """Take the keys (88,) that are pressed at an instant, the end of a control step."""
        step = self._step(now_s) - 1
        if 0 <= step < len(self._judged):
            if not self._judged[step]:  # a simulation that waits repeats itself
                self._f1.add(self._goals.keys[step], active)
            self._pressed[step], self._judged[step] = active, True

    @property
    def f1(self) -> float:
        """Mean F1 so far, cheap at each step; NaN before the first."""
        return self._f1.value

    def metrics(self) -> KeyPressMetrics:
        """Return how well it has gone so far."""
        if not self._judged.any():
            nan = float("nan")
            return KeyPressMetrics(precision=nan, recall=nan, f1=nan, f1_sounding=nan)
        return key_press_metrics(self._goals.keys[self._judged], self._pressed[self._judged])

    def to_score(self) -> msg.Score:
        """Return the message that announces it."""
        return conversions.to_score(self.score, self.start_s, self._config.lead_in_s)

    def to_key_goal(self, now_s: float) -> msg.KeyGoal:
        """Return the keys wanted in the steps that what is commanded now can change."""
        ahead_s = self._config.ahead * CONTROL_DT_S
        first = self._step(now_s + ahead_s)
        keys, sustain = self._goals.window(first, self._config.lookahead + 1)
        return conversions.to_key_goal(
            conversions.KeyGoal(
                stamp_s=now_s,
                score_sha256=self._sha256,
                score_time_s=first * CONTROL_DT_S,
                dt_s=CONTROL_DT_S,
                keys=keys,
                sustain=sustain,
                phase=self._phase(now_s + ahead_s),
                ahead_s=ahead_s,
            )
        )

    def to_fingertip_goal(self, now_s: float) -> msg.FingertipGoal:
        """Return the fingertips wanted at the ends of those steps."""
        first = self._step(now_s) + self._config.ahead + self._lead + 1
        rows = self._config.lookahead + 1
        return conversions.to_fingertip_goal(
            self._fingertips, first, rows, self._sha256, now_s, CONTROL_DT_S
        )

    def _step(self, now_s: float) -> int:
        return round((now_s - self.start_s) / CONTROL_DT_S) - self._lead

    def _phase(self, now_s: float) -> int:
        if self._step(now_s) < 0:
            return int(msg.KeyGoal.LEAD_IN)
        return int(msg.KeyGoal.FINISHED if self.is_over(now_s) else msg.KeyGoal.PLAYING)
