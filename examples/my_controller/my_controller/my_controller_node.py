"""The controller as a node: plans the melody of each score that comes, and plays from the plan."""

import numpy as np

from my_controller.config import MyControllerConfig
from my_controller.melody import plan_melody
from pianomime.command import Command
from pianomime.planning.follower import Follower
from pianomime.score.message import from_message
from pianomime_common import conversions, topics
from pianomime_common.running import run
from pianomime_control.controller_node import ControllerNode
from pianomime_msgs import msg


class MyControllerNode(ControllerNode):
    """Answer each goal with the command of its decision in the plan."""

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__("my_controller", MyControllerConfig)

    def activate(self) -> None:
        """Wait for a score, and for goals."""
        super().activate()
        self._follow: Follower | None = None
        self._sha256 = ""
        self.listen(topics.SCORE, self._on_score)

    def _on_score(self, message: msg.Score) -> None:
        if message.sha256 == self._sha256:
            return
        melody, plan = plan_melody(
            from_message(message), self.hands, self.config.timing, message.lead_in_s
        )
        self._follow = Follower.of(plan, self.hands)
        self._sha256 = message.sha256
        fingers = {i: note.finger for i, note in enumerate(melody.notes)}
        stamp_s = conversions.from_time(message.header.stamp)
        self.publish_fingering(message.sha256, fingers, stamp_s)

    def answer(self, goal: conversions.KeyGoal, measured: np.ndarray) -> Command | None:
        """Return the plan's command; None until the goal's score has been planned."""
        follow, asked = self._follow, goal.goal
        if follow is None or goal.score_sha256 != self._sha256:
            return None
        if asked.timing != follow.plan.timing:
            return None
        return follow(asked.step, measured)


def main() -> None:
    """Run the node."""
    run(MyControllerNode)


if __name__ == "__main__":
    main()
