"""Practice of a song's plan: local search by simulation, stretch by stretch.

A change of the targets affects the keys within about a second. So changes are tried in one stretch
of the song at a time, from the exact state at the end of the previous stretch, and kept if the
stretch and the time after it improve. The resulting F1 is that of one rollout from start to end.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pianomime.config import Config, parameter
from pianomime.metrics.key_press import f1_per_step
from pianomime.planning.feedback import Feedback
from pianomime.planning.follower import Follower
from pianomime.planning.performance_plan import PerformancePlan
from pianomime.planning.rollout import Rollout, play_on, roll_out
from pianomime.refinement.remedies import Remedies
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Score
from pianomime.simulation.simulation import SimulationState
from pianomime.simulation.simulator import Simulator

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class PracticeConfig(Config):
    """Settings of practice."""

    stretch_s: float = parameter(0.6, "Duration of a stretch [s]", ge=0.1)
    ahead_s: float = parameter(0.6, "Time after a stretch that is evaluated with it [s]", ge=0.0)
    tries: int = parameter(8, "Changes tried per stretch", ge=1)
    seed: int = parameter(0, "Random seed of the changes", ge=0)


class Practice:
    """Practice of one plan.

    With several simulators, as many changes are tried in parallel from the same state, each in its
    own thread. The result depends on the number of simulators, but not on thread scheduling.

    Attributes:
        score: Fingered score.
        best: Best plan played from start to end.
        f1: F1 of this plan.
        length: Number of decisions of lead-in and song.
        steps: Number of decisions simulated so far.
    """

    def __init__(
        self,
        score: Score,
        plan: PerformancePlan,
        simulators: Sequence[Simulator],
        config: PracticeConfig,
    ) -> None:
        """Play the plan of a fingered score once, unchanged."""
        self.score, self.best = score, plan
        self._simulators, self._config = simulators, config
        timing = plan.timing
        self._stretch = max(2, timing.steps(config.stretch_s))
        self._ahead = timing.steps(config.ahead_s)
        self._goals = goals = ScoreGoals.of(score, timing)
        self._rng = np.random.default_rng(config.seed)
        self.length = self.steps = plan.lead + goals.steps
        hands = simulators[0].hands
        self._feedback = Feedback(hands)
        self._remedies = Remedies(goals.notes, self.length, plan.lead, hands)
        self._plan = plan  # with the accepted changes
        self._kept = roll_out(
            Follower(plan, self._feedback), plan.lead_in_s, goals.steps, simulators[0]
        )
        self.f1 = self._f1()
        self._row = self.length  # start of the next stretch
        self._states: list[SimulationState] = []  # states of the accepted rollout, from there on

    def go_on(self) -> None:
        """Practise the next stretch; after the last one the first."""
        if self._row == self.length:
            self._simulators[0].reset()
            self._states = [self._simulators[0].save()]
            self._row = 0
            # The stretches are offset randomly in each pass through the song.
            self._practise(1 + int(self._rng.integers(self._stretch)), tries=0)
        else:
            self._practise(self._stretch, self._config.tries)

    def finish(self) -> None:
        """Play the rest of the song, so that changes accepted in this pass are evaluated."""
        while self._row < self.length:
            self._practise(self._stretch, tries=0)

    def _practise(self, stretch: int, tries: int) -> None:
        row = self._row
        end = min(row + stretch + self._ahead, self.length)
        known = row + len(self._states) - 1
        if known < end:
            take = self._play(self._simulators[0], self._plan, self._states[-1], known, end)
            self._keep(known, take)
            self.steps += end - known
        right = self._right(row, self._kept.active[row:end])
        while tries > 0:
            plans = self._propose(row, end, min(tries, len(self._simulators)))
            tries -= len(self._simulators)
            if not plans:
                break
            takes = self._try(plans, row, end)
            self.steps += len(plans) * (end - row)
            scores = [self._right(row, take.active) for take in takes]
            best = int(np.argmax(scores))
            if scores[best] > right:
                self._plan, right = plans[best], scores[best]
                self._keep(row, takes[best])
        self._row = min(row + stretch, self.length)
        del self._states[: self._row - row]
        if self._row == self.length:
            self._close()

    def _propose(self, row: int, end: int, count: int) -> list[PerformancePlan]:
        """Return up to `count` plans with random changes against errors in rows `row` to `end`."""
        changes = [
            self._remedies.propose(self._plan, self._kept, row, end, self._rng)
            for _ in range(count)
        ]
        return [change.applied_to(self._plan) for change in changes if change is not None]

    def _try(self, plans: list[PerformancePlan], row: int, end: int) -> list[Rollout]:
        """Play rows `row` to `end` of each plan from the state at the start of the stretch."""
        first = self._states[0]
        if len(plans) == 1:
            return [self._play(self._simulators[0], plans[0], first, row, end)]
        with ThreadPoolExecutor(len(plans)) as pool:  # the physics releases the GIL
            return list(
                pool.map(lambda s, p: self._play(s, p, first, row, end), self._simulators, plans)
            )

    def _play(
        self,
        simulator: Simulator,
        plan: PerformancePlan,
        state: SimulationState,
        begin: int,
        end: int,
    ) -> Rollout:
        """Play rows `begin` to `end` of a plan from a state."""
        simulator.restore(state)
        first, count = begin - plan.lead, end - begin
        return play_on(Follower(plan, self._feedback), first, count, simulator, keep_states=True)

    def _keep(self, row: int, take: Rollout) -> None:
        end = row + len(take.states)
        self._kept.active[row:end] = take.active
        self._kept.position[row + 1 : end + 1] = take.position[1:]
        self._states[row - self._row + 1 :] = take.states

    def _right(self, row: int, active: NDArray[np.bool_]) -> float:
        """Return the sum of the F1 of decisions from `row` on, given their pressed keys."""
        goal_keys = self._goals.keys_in(row - self._plan.lead, len(active))
        return float(f1_per_step(goal_keys, active).sum())

    def _f1(self) -> float:
        return float(self._kept.f1_per_step(self._goals).mean())

    def _close(self) -> None:
        """Evaluate the full rollout; revert to the best plan unless it is better."""
        f1 = self._f1()
        if f1 > self.f1:
            self.best, self.f1 = self._plan, f1
        else:
            self._plan = self.best
