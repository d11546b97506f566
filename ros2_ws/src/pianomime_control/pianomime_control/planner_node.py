"""The online planner: needs no score, only the goals' lookahead."""

import numpy as np

from pianomime.planning.online_planner import LOOKAHEAD, MAX_SKIPPED, OnlinePlanner
from pianomime.simulation.model import CONTROL_DT_S
from pianomime_common import conversions
from pianomime_common.running import run
from pianomime_control.controller_node import Answer, ControllerNode
from pianomime_control.expert_config import PlannerConfig


class PlannerNode(ControllerNode):
    """Plan while playing; after a long gap in the goals, start anew from where the hands are."""

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__("planner", PlannerConfig)

    def reset(self) -> None:
        """Start planning from where the hands are."""
        self._planner: OnlinePlanner | None = None
        self._last = 0
        self._said: Answer | None = None

    def answer(self, goal: conversions.KeyGoal, measured: np.ndarray) -> Answer | None:
        """Return the window's first command."""
        step = goal.score_step
        if self._said is not None and step == self._last:
            return self._said  # a simulation that waits repeats itself
        most = min(MAX_SKIPPED, len(goal.keys))
        if self._planner is None or not 1 <= step - self._last <= most:
            self._planner = OnlinePlanner(self.hands, CONTROL_DT_S, measured, self.config)
        self._last = step
        target = self._planner.step(step, goal.keys[: LOOKAHEAD + 1], measured)
        self._said = target, bool(goal.sustain[0])
        return self._said


def main() -> None:
    """Run the node."""
    run(PlannerNode)


if __name__ == "__main__":
    main()
