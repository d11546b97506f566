"""The online planner: needs no score, only the notes in sight."""

import numpy as np

from pianomime.command import Command
from pianomime.planning.online_planner import MAX_SKIPPED_S, OnlinePlanner
from pianomime_common import conversions
from pianomime_common.running import run
from pianomime_control.controller_node import ControllerNode
from pianomime_control.expert_config import PlannerConfig


class PlannerNode(ControllerNode):
    """Plan while playing; after a long gap in the goals, start anew from where the hands are."""

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__("planner", PlannerConfig)

    def reset(self) -> None:
        """Start planning from where the hands are."""
        self._planner: OnlinePlanner | None = None
        self._last: conversions.KeyGoal | None = None
        self._answer: Command | None = None

    def answer(self, goal: conversions.KeyGoal, measured: np.ndarray) -> Command | None:
        """Return the command of the window's first decision."""
        asked = goal.goal
        last = self._last.goal if self._last is not None else None
        if last is not None and (asked.step, asked.timing) == (last.step, last.timing):
            return self._answer  # a simulation that waits repeats itself
        most = min(asked.timing.steps(MAX_SKIPPED_S), asked.horizon)
        goes_on = last is not None and last.timing == asked.timing
        if self._planner is None or not (goes_on and 1 <= asked.step - last.step <= most):
            self._planner = OnlinePlanner(self.hands, asked.timing, measured, self.config)
        self._last = goal
        notes = asked.step_notes
        self._answer = self._planner.step(asked.step, notes, asked.sustain, measured)
        chosen = self._planner.fingers
        fingers = {n.index: chosen[n.key, n.first] for n in notes if (n.key, n.first) in chosen}
        self.publish_fingering(goal.score_sha256, fingers, goal.stamp_s)
        return self._answer


def main() -> None:
    """Run the node."""
    run(PlannerNode)


if __name__ == "__main__":
    main()
