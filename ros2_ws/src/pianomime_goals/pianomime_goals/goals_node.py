"""The score clock: at each step of the piano, what is wanted of keys, pedal and fingertips."""

from pathlib import Path

import numpy as np
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.task import Future

from pianomime.errors import PianoMimeError, ScoreError
from pianomime.perception.demonstration import Demonstration, load_demonstration
from pianomime.score.repertoire import find_score
from pianomime.score.score import Score
from pianomime_common import conversions, topics
from pianomime_common.clock import START_S
from pianomime_common.parameters import declare
from pianomime_common.running import PianoNode, run
from pianomime_common.timing import Timing
from pianomime_goals.goals_config import GoalsConfig
from pianomime_goals.score_in_play import ScoreInPlay
from pianomime_msgs import msg
from pianomime_msgs.action import PlayScore


class GoalsNode(PianoNode):
    """Publish the score once, and its goals at each `piano_state`.

    The song of the parameters begins with the clock, so that a node that is replaced goes on at
    the right bar; one asked for by the action `play_score` begins when it is asked for.
    """

    def __init__(self) -> None:
        """Begin with the parameters' song, if they name one."""
        super().__init__("goals")
        self._config = declare(self, GoalsConfig)
        self._timing = Timing(self)
        self._playing: ScoreInPlay | None = None
        self._performance: ServerGoalHandle | None = None
        self._ended = Future()
        self._now_s = START_S
        self._score = self.advertise(topics.SCORE)
        self._key_goal = self.advertise(topics.KEY_GOAL)
        self._fingertip_goal = self.advertise(topics.FINGERTIP_GOAL)
        if self._config.song:
            config = self._config
            score = find_score(config.song, config.transpose, config.stretch)
            demonstration = load_demonstration(Path(config.demo)) if config.demo else None
            self._begin(score, START_S, demonstration)
        self.listen(topics.PIANO_STATE, self._on_piano_state)
        self._server = ActionServer(
            self,
            PlayScore,
            "play_score",
            execute_callback=self._perform,
            goal_callback=self._may_begin,
            cancel_callback=self._cancel,
        )

    def _begin(
        self, score: Score, start_s: float, demonstration: Demonstration | None = None
    ) -> ScoreInPlay:
        self._playing = playing = ScoreInPlay(score, start_s, self._config, demonstration)
        if playing.dropped:
            self.get_logger().warning(
                f"{playing.dropped} of {len(score.notes)} notes have no free finger"
            )
        self._score.publish(playing.to_score())
        return playing

    def _stop(self, playing: ScoreInPlay) -> float:
        """Let the score end now, so that the fingers are lifted; returns when that is in it [s]."""
        time_s = playing.score_time_s(self._now_s)
        try:
            self._begin(playing.score.until(time_s), playing.start_s)
        except ScoreError:
            self._playing = None  # nothing has been played yet
        return time_s

    def _on_piano_state(self, message: msg.PianoState) -> None:
        self._now_s = conversions.from_time(message.header.stamp)
        if self._playing is None:
            return
        with self._timing.measure("step"):
            self._playing.judge(self._now_s, np.array(message.active, bool))
            self._publish(self._playing)

    def _publish(self, playing: ScoreInPlay) -> None:
        self._fingertip_goal.publish(playing.to_fingertip_goal(self._now_s))
        self._key_goal.publish(playing.to_key_goal(self._now_s))
        if self._performance is None:
            return
        self._performance.publish_feedback(
            PlayScore.Feedback(
                score_time_s=playing.score_time_s(self._now_s), f1=playing.metrics().f1
            )
        )
        if playing.is_over(self._now_s) and not self._ended.done():
            self._ended.set_result(None)

    def _may_begin(self, _: PlayScore.Goal) -> GoalResponse:
        return GoalResponse.ACCEPT if self._performance is None else GoalResponse.REJECT

    def _cancel(self, _: ServerGoalHandle) -> CancelResponse:
        if not self._ended.done():
            self._ended.set_result(None)
        return CancelResponse.ACCEPT

    async def _perform(self, performance: ServerGoalHandle) -> PlayScore.Result:
        request = performance.request
        nothing = float("nan")
        try:
            score = find_score(request.song, request.transpose, request.stretch or 1.0)
        except PianoMimeError as error:
            performance.abort()
            return PlayScore.Result(
                message=str(error), f1=nothing, precision=nothing, recall=nothing
            )
        self._performance, self._ended = performance, Future()
        playing = self._begin(score, self._now_s)
        await self._ended
        self._performance = None
        metrics = playing.metrics()
        result = PlayScore.Result(f1=metrics.f1, precision=metrics.precision, recall=metrics.recall)
        if performance.is_cancel_requested:
            result.message = f"cancelled at {self._stop(playing):.2f} s"
            performance.canceled()
        else:
            performance.succeed()
        return result


def main() -> None:
    """Run the node."""
    run(GoalsNode)


if __name__ == "__main__":
    main()
