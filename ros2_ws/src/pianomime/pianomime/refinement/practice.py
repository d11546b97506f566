"""Practice of a song's plan: local search by simulation, stretch by stretch.

A change of the targets affects the keys within about a second. So changes are tried in one stretch
of the song at a time, from the exact state at the end of the previous stretch, and kept if the
stretch and the time after it improve, by `PracticeObjective`. The resulting figures are those of
one rollout from start to end.
"""

from bisect import bisect_right
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import inf
from typing import Final

import numpy as np

from pianomime.config import parameter
from pianomime.planning.feedback import Feedback
from pianomime.planning.follower import Follower
from pianomime.planning.performance_plan import PerformancePlan
from pianomime.planning.rollout import Rollout, play_on, roll_out
from pianomime.refinement.change import Change
from pianomime.refinement.objective import ObjectiveConfig, PracticeObjective, Quality
from pianomime.refinement.onset import Onset, onsets
from pianomime.refinement.remedies import Remedies
from pianomime.refinement.trial import Trial, joined
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Score
from pianomime.simulation.simulation import SimulationState
from pianomime.simulation.simulator import Simulator
from pianomime.timing import PHYSICS_S

_BEFORE_S: Final = 0.2
"""Time before a stretch whose strikes may belong to notes in it [s]."""

_EFFECT_S: Final = 0.15
"""Time after a change by which it has to have helped [s]; most do not, and are not played on."""


@dataclass(frozen=True, kw_only=True)
class PracticeConfig(ObjectiveConfig):
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
        quality: Quality of this plan.
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
        self._effect = max(1, timing.steps(_EFFECT_S))
        self._ahead = timing.steps(config.ahead_s)
        self._goals = goals = ScoreGoals.of(score, timing)
        self._rng = np.random.default_rng(config.seed)
        self.length = self.steps = plan.lead + goals.steps
        hands = simulators[0].hands
        self._feedback = Feedback(hands)
        self._objective = PracticeObjective(score, goals, plan.lead_in_s, config)
        self._remedies = Remedies(goals.notes, self.length, plan.lead, hands)
        self._plan = plan  # with the accepted changes
        follow = Follower(plan, self._feedback)
        self._kept = roll_out(follow, plan.lead_in_s, goals.steps, simulators[0])
        self._struck = onsets(self._kept.events)  # of the accepted rollout
        self.quality = self._judge()
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
        value = self._kept_value(row, end)
        while tries > 0:
            changes = self._propose(row, end, min(tries, len(self._simulators)))
            tries -= len(self._simulators)
            if not changes:
                break
            trials = self._try_all(changes, row, end)
            self.steps += sum(len(trial.take.active) for trial in trials)
            best = max(trials, key=lambda trial: trial.value)
            if best.value > value:
                self._plan, value = best.plan, best.value
                self._keep(best.begin, best.take)
        self._row = min(row + stretch, self.length)
        del self._states[: self._row - row]
        if self._row == self.length:
            self._close()

    def _propose(self, row: int, end: int, count: int) -> list[Change]:
        """Return up to `count` random changes against faults in the stretch.

        Those in the time after it are left to the next stretch, in which more of the changes'
        effects can be seen.
        """
        rows = slice(row, min(row + self._stretch, end))
        found = self._objective.faults(row, self._kept.active[row:end], self._near(row, end))
        faults = [fault for fault in found if fault.row < rows.stop]
        changes = [
            self._remedies.propose(self._plan, self._kept, rows, faults, self._rng)
            for _ in range(count)
        ]
        return [change for change in changes if change is not None and change.rows.start < end]

    def _try_all(self, changes: Sequence[Change], row: int, end: int) -> list[Trial]:
        if len(changes) == 1:
            return [self._try(self._simulators[0], changes[0], row, end)]
        with ThreadPoolExecutor(len(changes)) as pool:  # the physics releases the GIL
            return list(pool.map(lambda s, c: self._try(s, c, row, end), self._simulators, changes))

    def _try(self, simulator: Simulator, change: Change, row: int, end: int) -> Trial:
        """Play a changed plan to row `end`, or to shortly after the change if it does not help."""
        plan, begin = change.applied_to(self._plan), change.rows.start
        soon = min(change.rows.stop + self._effect, end)
        take = self._play(simulator, plan, self._states[begin - self._row], begin, soon)
        if soon < end:
            if self._value(row, begin, take) <= self._kept_value(row, soon):
                return Trial(plan, begin, take, -inf)
            take = joined(take, self._play(simulator, plan, take.states[-1], soon, end))
        return Trial(plan, begin, take, self._value(row, begin, take))

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
        self._struck[self._place(row) : self._place(end)] = onsets(take.events)
        self._states[row - self._row + 1 :] = take.states

    def _kept_value(self, row: int, end: int) -> float:
        """Return the value of rows `row` to `end` of the accepted rollout."""
        return self._objective.value(row, self._kept.active[row:end], self._near(row, end))

    def _value(self, row: int, begin: int, take: Rollout) -> float:
        """Return the value from row `row` on of a take that differs from row `begin` on."""
        active = np.concatenate((self._kept.active[row:begin], take.active))
        return self._objective.value(row, active, self._near(row, begin) + onsets(take.events))

    def _near(self, row: int, end: int) -> list[Onset]:
        """Return the strikes of rows `row` to `end`, and those shortly before them."""
        first = self._place(row - self._plan.timing.steps(_BEFORE_S) - 1)
        return self._struck[first : self._place(end)]

    def _place(self, row: int) -> int:
        """Return the index of the first strike from row `row` on."""
        begin_s = self._plan.timing.time_s(row) + PHYSICS_S / 2
        return bisect_right(self._struck, begin_s, key=lambda onset: onset.time_s)

    def _judge(self) -> Quality:
        return self._objective.quality(self._kept.active, self._struck)

    def _close(self) -> None:
        """Evaluate the full rollout; revert to the best plan unless it is better."""
        quality = self._judge()
        if quality.value > self.quality.value:
            self.best, self.quality = self._plan, quality
        else:
            self._plan, self._objective.lateness_s = self.best, self.quality.lateness_s
