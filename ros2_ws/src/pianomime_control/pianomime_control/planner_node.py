"""Online planner node: plans from the goals' horizon, without the whole score."""

import numpy as np

from pianomime.command import Command
from pianomime.planning.online_planner import MAX_SKIPPED_S, OnlinePlanner
from pianomime.score.goal import Goal
from pianomime_common import conversions
from pianomime_common.running import run
from pianomime_control.controller_node import ControllerNode
from pianomime_control.expert_config import PlannerConfig


class PlannerNode(ControllerNode):
    """Controller that plans while playing; restarts from the measured pose after a gap."""

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__("planner", PlannerConfig)

    def reset(self) -> None:
        """Restart planning from the measured pose."""
        self._last: Goal | None = None
        self._answer: Command | None = None

    def answer(self, goal: conversions.KeyGoal, measured: np.ndarray) -> Command | None:
        """Return the command of the goal's decision."""
        now, last = goal.goal, self._last
        passed = now.step - last.step if last is not None and last.timing == now.timing else None
        if passed == 0:
            return self._answer  # a waiting simulation repeats its state
        most = min(now.timing.steps(MAX_SKIPPED_S), now.horizon)
        if passed is None or not 1 <= passed <= most:
            self._planner = OnlinePlanner(self.hands, now.timing, measured, self.config)
        self._last = now
        self._answer = self._planner.step(now, measured)
        self.publish_chosen(goal, self._planner.fingers)
        return self._answer


def main() -> None:
    """Run the node."""
    run(PlannerNode)


if __name__ == "__main__":
    main()
