"""A score in progress: its goal at each time, and its metrics so far."""

import numpy as np

from pianomime.metrics.key_press import KeyPressMetrics, RunningF1, key_press_metrics
from pianomime.score.goal import Goal
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Score
from pianomime_common import conversions
from pianomime_goals.goals_config import GoalsConfig
from pianomime_msgs import msg


class ScoreInPlay:
    """A score in progress.

    Attributes:
        start_s: Start of the lead-in [s, ROS time].
        score: Score that is played.
    """

    def __init__(
        self, score: Score, start_s: float, config: GoalsConfig, ends_s: float = 0.0
    ) -> None:
        """Compute the goals, at least up to score time `ends_s` [s]."""
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
        """Return the score time [s]; negative in the lead-in."""
        return self._timing.time_s(self._step(now_s))

    def is_over(self, now_s: float) -> bool:
        """Return whether the last note and the tail after it are over."""
        return self._step(now_s) >= self._steps + self._tail

    def judge(self, now_s: float, active: np.ndarray) -> None:
        """Add the keys (88,) pressed at `now_s` [s], the end of a decision."""
        step = self._step(now_s) - 1
        if 0 <= step < len(self._judged):
            if not self._judged[step]:  # a waiting simulation repeats its state
                self._f1.add(self._goals.keys[step], active)
            self._pressed[step], self._judged[step] = active, True

    @property
    def f1(self) -> float:
        """Mean F1 so far; NaN before the first decision."""
        return self._f1.value

    def metrics(self) -> KeyPressMetrics:
        """Return the metrics so far."""
        if not self._judged.any():
            nan = float("nan")
            return KeyPressMetrics(precision=nan, recall=nan, f1=nan, f1_sounding=nan)
        return key_press_metrics(self._goals.keys[self._judged], self._pressed[self._judged])

    def to_score(self) -> msg.Score:
        """Return the score's message."""
        return conversions.to_score(self.score, self.start_s, self._config.lead_in_s)

    def to_key_goal(self, now_s: float) -> msg.KeyGoal:
        """Return the goal of the first decision that a command issued at `now_s` [s] can affect."""
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
