"""Practice one plan of a song: go through it, and where it went wrong go back and try again.

What a change does to the keys shows within a second. So the song is learned stretch by stretch,
from the very state in which the stretch before ended: a change is tried from there, and kept if
this stretch and what follows go better. What is reached in the end was played so from start to end.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pianomime.config import Config, parameter
from pianomime.metrics.key_press import f1_per_step
from pianomime.planning.performance_plan import PerformancePlan
from pianomime.planning.rollout import roll_out
from pianomime.refinement.remedies import Remedies
from pianomime.score.goals import KeyGoals
from pianomime.score.score import Score
from pianomime.simulation.simulation import PianoSimulation, SimulationState

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class PracticeConfig(Config):
    """How to practise."""

    stretch: int = parameter(12, "Control steps that are settled together", ge=2)
    ahead: int = parameter(12, "Further steps that a change has to do good to, too", ge=0)
    tries: int = parameter(8, "Changes tried in a stretch before going on", ge=1)
    seed: int = parameter(0, "Of the random changes", ge=0)


class Practice:
    """A plan of a song that gets better.

    Attributes:
        score: With fingers.
        best: The best plan played from start to end.
        f1: Its F1.
        length: Control steps of the song, with the lead-in.
        steps: Control steps practised so far.
    """

    def __init__(
        self,
        score: Score,
        plan: PerformancePlan,
        goals: KeyGoals,
        simulation: PianoSimulation,
        config: PracticeConfig,
    ) -> None:
        """Take a fingered score and its plan, and play it once as it is planned."""
        self.score, self.best = score, plan
        self._goals, self._simulation, self._config = goals, simulation, config
        self._rng = np.random.default_rng(config.seed)
        self._remedies = Remedies(score, goals, plan.lead, simulation.hands)
        self._plan = plan  # with the changes that were kept
        self._kept = roll_out(plan.command, plan.lead, len(goals.keys), simulation)
        self.length = self.steps = len(self._kept.active)
        self.f1 = self._f1()
        self._row = self.length  # where the next stretch begins
        self._states: list[SimulationState] = []  # of what was kept, from there on

    def go_on(self) -> None:
        """Practise the next stretch, after the last the first."""
        if self._row == self.length:
            self._simulation.reset()
            self._states = [self._simulation.save()]
            self._row = 0
            # Each time through the song the stretches begin elsewhere.
            self._practise(1 + int(self._rng.integers(self._config.stretch)), tries=0)
        else:
            self._practise(self._config.stretch, self._config.tries)

    def finish(self) -> None:
        """Play the rest of the song, so that what was learned before it counts."""
        while self._row < self.length:
            self._practise(self._config.stretch, tries=0)

    def _practise(self, stretch: int, tries: int) -> None:
        row = self._row
        end = min(row + stretch + self._config.ahead, self.length)
        known = row + len(self._states) - 1
        if known < end:
            self._keep(known, self._play(self._plan, self._states[-1], known, end))
        right = self._right(row, self._kept.active[row:end])
        for _ in range(tries):
            change = self._remedies.propose(self._plan, self._kept, row, end, self._rng)
            if change is None:
                break
            plan = self._plan.changed(*change)
            take = self._play(plan, self._states[0], row, end)
            now_right = self._right(row, take.active)
            if now_right > right:
                self._plan, right = plan, now_right
                self._keep(row, take)
        self._row = min(row + stretch, self.length)
        del self._states[: self._row - row]
        if self._row == self.length:
            self._close()

    def _play(self, plan: PerformancePlan, state: SimulationState, begin: int, end: int) -> "_Take":
        """Play rows `begin` to `end` of a plan from a state."""
        simulation = self._simulation
        simulation.restore(state)
        active, position, states = [], [], []
        for row in range(begin, end):
            simulation.step(*plan.command(row - plan.lead, simulation.joint_position))
            active.append(simulation.active)
            position.append(simulation.joint_position)
            states.append(simulation.save())
        self.steps += end - begin
        return _Take(np.array(active), np.array(position), states)

    def _keep(self, row: int, take: "_Take") -> None:
        end = row + len(take.states)
        self._kept.active[row:end] = take.active
        self._kept.position[row + 1 : end + 1] = take.position
        self._states[row - self._row + 1 :] = take.states

    def _right(self, row: int, active: NDArray[np.bool_]) -> float:
        """Return the sum of F1 of steps from `row` on."""
        wanted, _ = self._goals.window(row - self._plan.lead, len(active))
        return float(f1_per_step(wanted, active).sum())

    def _f1(self) -> float:
        return float(self._kept.f1_per_step(self._goals).mean())

    def _close(self) -> None:
        """Judge what was played from start to end; what did worse is forgotten."""
        f1 = self._f1()
        if f1 > self.f1:
            self.best, self.f1 = self._plan, f1
        else:
            self._plan = self.best


@dataclass(frozen=True)
class _Take:
    """Some control steps as they were played; states are those at the steps' ends."""

    active: NDArray[np.bool_]
    position: Array
    states: list[SimulationState]
