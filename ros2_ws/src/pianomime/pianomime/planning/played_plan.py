"""What the online planner does when it plays a song, as a plan that can be played and bettered."""

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import UNASSIGNED
from pianomime.planning.fingertip_plan import FingertipPlanConfig, plan_fingertips
from pianomime.planning.online_planner import LOOKAHEAD, OnlinePlanner
from pianomime.planning.performance_plan import PerformancePlan
from pianomime.planning.rollout import Command, roll_out
from pianomime.score.goals import KeyGoals, key_goals
from pianomime.score.score import Score
from pianomime.simulation.model import CONTROL_DT_S
from pianomime.simulation.simulation import PianoSimulation

Array = NDArray[np.float64]


def online_command(planner: OnlinePlanner, goals: KeyGoals) -> Command:
    """Return what `roll_out` asks at each step of a score."""

    def command(step: int, measured: Array) -> tuple[Array, bool]:
        keys, sustain = goals.window(step, LOOKAHEAD + 1)
        return planner.step(step, keys, measured), bool(sustain[0])

    return command


def plan_by_playing(
    score: Score, simulation: PianoSimulation, lead: int, tail: int
) -> tuple[Score, PerformancePlan]:
    """Play a score with the online planner; return it with its fingers, and what it commanded.

    Played again from the same start, the plan does the same. Unlike one that is made beforehand,
    it has seen where the joints really go.

    Args:
        score: What to play; fingers that are given are not kept.
        simulation: To play in.
        lead: Control steps before the score.
        tail: Control steps after it.
    """
    goals = key_goals(score, CONTROL_DT_S)
    planner = OnlinePlanner(simulation.hands, CONTROL_DT_S)
    play = online_command(planner, goals)
    targets: list[Array] = []
    fingers: dict[tuple[int, int], int] = {}

    def command(step: int, measured: Array) -> tuple[Array, bool]:
        target, sustain = play(step, measured)
        targets.append(target)
        fingers.update(planner.fingers)
        return target, sustain

    rollout = roll_out(command, lead, len(goals.keys) + tail, simulation)
    chosen = np.full(len(score.notes), UNASSIGNED)
    for note in goals.notes:
        key = score.notes[note.index].key
        chosen[note.index] = fingers.get((key, note.first), UNASSIGNED)
    fingered = score.with_fingers(chosen.tolist())
    spec = simulation.hands.spec
    geometry = FingertipPlanConfig.of(spec)
    tips = plan_fingertips(fingered, goals, lead, tail, spec.layout, geometry)
    target = np.array(targets)
    return fingered, PerformancePlan(lead, target, rollout.position, rollout.sustain, tips)
