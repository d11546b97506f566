"""Score clock: publishes the goal of each decision."""

import numpy as np
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.task import Future

from pianomime.errors import PianoMimeError, ScoreError
from pianomime.score.arrangement_config import ArrangementConfig
from pianomime.score.repertoire import find_arrangement
from pianomime.score.score import Score
from pianomime_common import conversions, topics
from pianomime_common.piano_node import PianoNode
from pianomime_common.running import run
from pianomime_goals.goals_config import NO_SONG, GoalsConfig
from pianomime_goals.score_in_play import ScoreInPlay
from pianomime_msgs import msg
from pianomime_msgs.action import PlayScore


class GoalsNode(PianoNode):
    """Publisher of the score, and of a goal for each `piano_state`.

    The song given by parameters starts at `start_s`, so that a restarted node continues at the
    right position. A song requested by the action `play_score` starts immediately.
    """

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__("goals", GoalsConfig)

    def configure(self) -> None:
        """Load the song given by the parameters, if any.

        Raises:
            ScoreError: The song cannot be played.
        """
        config = self.config
        self._first: Score | None = None
        if config.song != NO_SONG:
            self._first = self._arranged(config.song, config.arrangement)
        self._score = self.advertise(topics.SCORE)
        self._key_goal = self.advertise(topics.KEY_GOAL)

    def activate(self) -> None:
        """Start the song, and offer `play_score`."""
        self._playing: ScoreInPlay | None = None
        self._performance: ServerGoalHandle | None = None
        self._ended = Future()
        self._leaving = False
        self._last = self._first  # repeated by a `play_score` goal without a song
        self._now_s: float | None = None  # of the last piano_state
        if self._first is not None:
            self._begin(self._first, self.config.start_s)
        self.listen(topics.PIANO_STATE, self._on_piano_state)
        self._server = ActionServer(
            self,
            PlayScore,
            "play_score",
            execute_callback=self._perform,
            goal_callback=self._may_begin,
            cancel_callback=self._cancel,
        )

    def deactivate(self) -> None:
        """Stop offering `play_score`."""
        self._end()
        self._server.destroy()

    def begin_leaving(self) -> None:
        """Abort the performance in progress."""
        self._leaving = True
        self._end()

    def may_leave(self) -> bool:
        """Return whether no client waits for a result."""
        return self._performance is None

    def _arranged(self, song: str, config: ArrangementConfig) -> Score:
        """Load a song, and log how it is arranged.

        Raises:
            ScoreError: The song cannot be played.
        """
        found = find_arrangement(song, config)
        for remark in found.remarks:
            self.get_logger().info(f"{found.score.title} {remark}")
        return found.score

    def _begin(self, score: Score, start_s: float, ends_s: float = 0.0) -> ScoreInPlay:
        playing = ScoreInPlay(score, start_s, self.config, ends_s)
        self._playing = playing
        self._score.publish(playing.to_score())
        return playing

    def _on_piano_state(self, message: msg.PianoState) -> None:
        self._now_s = now_s = conversions.from_time(message.header.stamp)
        playing = self._playing
        if playing is None:
            return
        with self.diagnostics.measure("step"):
            playing.judge(now_s, np.array(message.active, bool))
            self._key_goal.publish(playing.to_key_goal(now_s))
        if self._performance is not None:
            self._performance.publish_feedback(
                PlayScore.Feedback(score_time_s=playing.score_time_s(now_s), f1=playing.f1)
            )
            if playing.is_over(now_s):
                self._end()

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

    def _may_begin(self, _: PlayScore.Goal) -> GoalResponse:
        if self._now_s is not None and self._performance is None:
            return GoalResponse.ACCEPT
        why = "no piano_state yet" if self._now_s is None else "another song is playing"
        self.get_logger().warning(f"play_score refused: {why}")
        return GoalResponse.REJECT

    def _cancel(self, _: ServerGoalHandle) -> CancelResponse:
        self._end()
        return CancelResponse.ACCEPT

    async def _perform(self, performance: ServerGoalHandle) -> PlayScore.Result:
        request = performance.request
        try:
            config = ArrangementConfig(
                from_s=request.from_s,
                to_s=request.to_s,
                transpose=request.transpose,
                stretch=request.stretch or 1.0,
            )
            if request.song or self._last is None:
                self._last = self._arranged(request.song, config)
        except PianoMimeError as error:
            performance.abort()
            nothing = float("nan")
            return PlayScore.Result(
                message=str(error), f1=nothing, precision=nothing, recall=nothing
            )
        playing = self._begin(self._last, self._now_s)
        self._performance, self._ended = performance, Future()
        await self._ended
        self._performance = None
        metrics = playing.metrics()
        result = PlayScore.Result(f1=metrics.f1, precision=metrics.precision, recall=metrics.recall)
        if performance.is_cancel_requested:
            result.message = f"cancelled at {self._stop(playing):.2f} s"
            performance.canceled()
        elif self._leaving:
            result.message = "the goals node is shutting down"
            performance.abort()
        else:
            performance.succeed()
        return result

    def _stop(self, playing: ScoreInPlay) -> float:
        """End the score now, so that the fingers are raised; return the score time [s]."""
        time_s = playing.score_time_s(self._now_s)
        try:
            self._begin(playing.score.until(time_s), playing.start_s, time_s)
        except ScoreError:
            self._playing = None  # nothing has been played yet
        return time_s


def main() -> None:
    """Run the node."""
    run(GoalsNode)


if __name__ == "__main__":
    main()
