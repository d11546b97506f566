"""Observer of a running graph: progress and F1 of the song."""

import math

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node

from pianomime.metrics.scorekeeper import Scorekeeper
from pianomime_cli.heartbeats import Heartbeats
from pianomime_common import conversions, topics
from pianomime_common.diagnostics import statuses_in
from pianomime_msgs import msg


class Watcher(Node):
    """Node that subscribes to `score`, `key_goal`, `piano_state` and `/diagnostics`.

    Attributes:
        score: Score message; None until it is received.
        score_time_s: Score time [s]; negative in the lead-in, -inf before the first goal.
        finished: Whether the song is over.
        heartbeats: Heartbeats of all nodes.
    """

    def __init__(self, namespace: str) -> None:
        """Subscribe in `namespace`."""
        super().__init__("watcher", namespace=namespace)
        self.score: msg.Score | None = None
        self.score_time_s = -math.inf
        self.finished = False
        self._keeper = Scorekeeper()
        self.heartbeats = Heartbeats()
        for topic, callback in (
            (topics.SCORE, self._on_score),
            (topics.KEY_GOAL, self._on_key_goal),
            (topics.PIANO_STATE, self._on_piano_state),
            (topics.DIAGNOSTICS, self._on_diagnostics),
        ):
            self.create_subscription(topic.type, topic.name, callback, topic.qos)

    @property
    def f1(self) -> float:
        """Mean F1 so far; NaN before the first decision."""
        return self._keeper.f1

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for name, _ in statuses_in(message, self.get_namespace()):
            self.heartbeats.received(name)

    def _on_score(self, message: msg.Score) -> None:
        if self.score is not None and self.score.header.stamp != message.header.stamp:
            self._keeper = Scorekeeper()  # another song
        self.score = message

    def _on_key_goal(self, message: msg.KeyGoal) -> None:
        goal = conversions.from_key_goal(message)
        self.score_time_s = goal.score_time_s
        self.finished = goal.phase == msg.KeyGoal.FINISHED
        if self.score is not None and 0 <= goal.score_time_s < self.score.duration_s:
            self._keeper.expect(goal.goal.keys, goal.judged_at_s)

    def _on_piano_state(self, message: msg.PianoState) -> None:
        stamp_s = conversions.from_time(message.header.stamp)
        self._keeper.press(np.array(message.active, bool), stamp_s)
