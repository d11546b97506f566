"""The score clock: at each step of the piano, what is wanted of keys, pedal and fingertips."""

from pianomime.fingering.fingering import assign_fingers
from pianomime.hands.embodiment import embodiment
from pianomime.planning.fingertip_plan import FingertipPlanConfig, plan_fingertips
from pianomime.score.goals import key_goals
from pianomime.score.repertoire import find_score
from pianomime.simulation.model import CONTROL_DT_S
from pianomime_common import conversions, topics
from pianomime_common.clock import START_S
from pianomime_common.parameters import declare
from pianomime_common.running import PianoNode, run
from pianomime_common.timing import Timing
from pianomime_goals.goals_config import GoalsConfig
from pianomime_msgs import msg


class GoalsNode(PianoNode):
    """Publish the score once, and its goals at each `piano_state`.

    Score time is ROS time less the lead-in, so a node that is replaced goes on at the right bar.
    """

    def __init__(self) -> None:
        """Load the score and choose its fingers."""
        super().__init__("goals")
        self._config = config = declare(self, GoalsConfig)
        score = find_score(config.song, config.transpose, config.stretch)
        self._goals = key_goals(score, CONTROL_DT_S)
        self._score = score = assign_fingers(score, self._goals, CONTROL_DT_S)
        self._lead = round(config.lead_in_s / CONTROL_DT_S)
        self._tail = round(config.tail_s / CONTROL_DT_S)
        self._fingertips = plan_fingertips(
            score,
            self._goals,
            self._lead,
            self._tail,
            FingertipPlanConfig.of(embodiment(config.embodiment).lifts),
        )
        self._sha256 = score.sha256
        self._timing = Timing(self)
        dropped = sum(note.finger < 0 for note in score.notes)
        if dropped:
            self.get_logger().warning(f"{dropped} of {len(score.notes)} notes have no free finger")

        self._key_goal = self.advertise(topics.KEY_GOAL)
        self._fingertip_goal = self.advertise(topics.FINGERTIP_GOAL)
        latched = self.advertise(topics.SCORE)
        latched.publish(conversions.to_score(score, START_S, config.lead_in_s))
        self.listen(topics.PIANO_STATE, self._on_piano_state)

    def _on_piano_state(self, message: msg.PianoState) -> None:
        with self._timing.measure("step"):
            self._publish(conversions.from_time(message.header.stamp))

    def _publish(self, now_s: float) -> None:
        step = round((now_s - START_S) / CONTROL_DT_S) - self._lead  # of the score
        rows = self._config.lookahead + 1
        keys, sustain = self._goals.window(step, rows)
        goal = conversions.KeyGoal(
            stamp_s=now_s,
            score_sha256=self._sha256,
            score_time_s=step * CONTROL_DT_S,
            dt_s=CONTROL_DT_S,
            keys=keys,
            sustain=sustain,
            phase=self._phase(step),
        )
        self._fingertip_goal.publish(
            conversions.to_fingertip_goal(
                self._fingertips, step + self._lead + 1, rows, self._sha256, now_s, CONTROL_DT_S
            )
        )
        self._key_goal.publish(conversions.to_key_goal(goal))

    def _phase(self, step: int) -> int:
        if step < 0:
            return int(msg.KeyGoal.LEAD_IN)
        ended = step >= len(self._goals.keys) + self._tail
        return int(msg.KeyGoal.FINISHED if ended else msg.KeyGoal.PLAYING)


def main() -> None:
    """Run the node."""
    run(GoalsNode)


if __name__ == "__main__":
    main()
