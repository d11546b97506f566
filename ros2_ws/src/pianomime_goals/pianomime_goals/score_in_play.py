"""One score on the clock: its goal at each instant, and how well it has gone so far."""

import numpy as np

from pianomime.metrics.key_press import KeyPressMetrics, RunningF1, key_press_metrics
from pianomime.score.goal import Goal
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Score
from pianomime_common import conversions
from pianomime_goals.goals_config import GoalsConfig
from pianomime_msgs import msg


class ScoreInPlay:
    """A score whose lead-in begins at `start_s` [s, ROS time].

    Attributes:
        start_s: When its lead-in began.
        score: What is played.
    """

    def __init__(
        self, score: Score, start_s: float, config: GoalsConfig, ends_s: float = 0.0
    ) -> None:
        """Lay out the goals; they go on to `ends_s` in the score at least."""
        self.start_s, self.score = start_s, score
        self._config = config
        self._timing = timing = config.timing
        self._lead = timing.steps(config.lead_in_s)
        self._tail = timing.steps(config.tail_s)
        self._horizon = max(1, timing.steps(config.horizon_s))
        self._goals = ScoreGoals.of(score, timing)
        self._steps = max(self._goals.steps, timing.steps(ends_s))
        self._sha256 = score.sha256
        self._pressed = np.zeros_like(self._goals.keys)
        self._judged = np.zeros(len(self._goals.keys), bool)
        self._f1 = RunningF1()

    def score_time_s(self, now_s: float) -> float:
        """Return the time in the score [s]; negative in the lead-in."""
        return self._timing.time_s(self._step(now_s))

    def is_over(self, now_s: float) -> bool:
        """Return whether the last note and the time with lifted fingers after it are over."""
        return self._step(now_s) >= self._steps + self._tail

    def judge(self, now_s: float, active: np.ndarray) -> None:
        """Take the keys (88,) that are pressed at an instant, the end of a decision."""
        step = self._step(now_s) - 1
        if 0 <= step < len(self._judged):
            if not self._judged[step]:  # a simulation that waits repeats itself
                self._f1.add(self._goals.keys[step], active)
            self._pressed[step], self._judged[step] = active, True

    @property
    def f1(self) -> float:
        """Mean F1 so far, cheap at each decision; NaN before the first."""
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
        """Return the goal of the decision that a command given now can change."""
        ahead_s = self._config.ahead_s
        step = self._step(now_s + ahead_s)
        return conversions.to_key_goal(
            conversions.KeyGoal(
                stamp_s=now_s,
                score_sha256=self._sha256,
                goal=Goal.of(self.score, self._goals, step, self._horizon),
                phase=self._phase(now_s + ahead_s),
                ahead_s=ahead_s,
            )
        )

    def _step(self, now_s: float) -> int:
        return self._timing.steps(now_s - self.start_s) - self._lead

    def _phase(self, now_s: float) -> int:
        if self._step(now_s) < 0:
            return int(msg.KeyGoal.LEAD_IN)
        return int(msg.KeyGoal.FINISHED if self.is_over(now_s) else msg.KeyGoal.PLAYING)
