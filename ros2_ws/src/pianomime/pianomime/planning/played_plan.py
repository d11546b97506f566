"""Plan by playing: keep what the online planner commands, to be played and improved."""

import numpy as np
from numpy.typing import NDArray

from pianomime.command import Command
from pianomime.hands.fingers import UNASSIGNED
from pianomime.planning.fingertip_plan import FingertipPlanConfig
from pianomime.planning.online_planner import OnlinePlanner
from pianomime.planning.performance_plan import LEAD_IN_S, TAIL_S, PerformancePlan
from pianomime.planning.rollout import Act, roll_out
from pianomime.planning.strikes import strikes
from pianomime.score.goal import Goal
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Score
from pianomime.score.step_notes import NoteName
from pianomime.simulation.simulation import PianoSimulation

Array = NDArray[np.float64]


def online_act(planner: OnlinePlanner, score: Score, goals: ScoreGoals) -> Act:
    """Return the planner as `roll_out` takes it."""

    def act(step: int, measured: Array) -> Command:
        return planner.step(Goal.of(score, goals, step, planner.horizon), measured)

    return act


def plan_by_playing(score: Score, simulation: PianoSimulation) -> tuple[Score, PerformancePlan]:
    """Play a score with the online planner; return it with its fingers, and what it commanded.

    Played again from the same start, the plan does the same. Unlike one that is made beforehand,
    it has seen where the joints really go.

    Args:
        score: What to play; fingers that are given are not kept.
        simulation: To play in.
    """
    timing = simulation.timing
    goals = ScoreGoals.of(score.without_fingers(), timing)
    planner = OnlinePlanner(simulation.hands, timing)
    play = online_act(planner, score, goals)
    targets: list[Array] = []
    fingers: dict[NoteName, int] = {}

    def act(step: int, measured: Array) -> Command:
        command = play(step, measured)
        targets.append(command.target)
        fingers.update(planner.fingers)
        return command

    lead, tail = timing.steps(LEAD_IN_S), timing.steps(TAIL_S)
    rollout = roll_out(act, LEAD_IN_S, goals.steps + tail, simulation)
    played = score.with_fingers([fingers.get(n.name, UNASSIGNED) for n in goals.notes])
    spec = simulation.hands.spec
    sustain = np.array([goals.sustain_at(step) for step in range(-lead, goals.steps + tail)])
    plan = PerformancePlan(
        timing,
        LEAD_IN_S,
        np.array(targets),
        rollout.position,
        sustain,
        tuple(strikes(played.notes, spec.layout, FingertipPlanConfig.of(spec))),
    )
    return played, plan
