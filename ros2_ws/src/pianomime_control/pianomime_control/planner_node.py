"""Online planner node: plans from the goals' horizon, without the whole score."""

import numpy as np

from pianomime.command import Command
from pianomime.planning.online_planner import MAX_SKIPPED_S, OnlinePlanner
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
        self._planner: OnlinePlanner | None = None
        self._last: conversions.KeyGoal | None = None
        self._answer: Command | None = None

    def answer(self, goal: conversions.KeyGoal, measured: np.ndarray) -> Command | None:
        """Return the command of the goal's decision."""
        now = goal.goal
        last = self._last.goal if self._last is not None else None
        if last is not None and (now.step, now.timing) == (last.step, last.timing):
            return self._answer  # a waiting simulation repeats its state
        most = min(now.timing.steps(MAX_SKIPPED_S), now.horizon)
        goes_on = last is not None and last.timing == now.timing
        if self._planner is None or not (goes_on and 1 <= now.step - last.step <= most):
            self._planner = OnlinePlanner(self.hands, now.timing, measured, self.config)
        self._last = goal
        notes = now.step_notes
        self._answer = self._planner.step(now.step, notes, now.sustain, measured)
        chosen = self._planner.fingers
        fingers = {n.index: chosen[n.key, n.first] for n in notes if (n.key, n.first) in chosen}
        self.publish_fingering(goal.score_sha256, fingers, goal.stamp_s)
        return self._answer


def main() -> None:
    """Run the node."""
    run(PlannerNode)


if __name__ == "__main__":
    main()
