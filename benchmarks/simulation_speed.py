"""Decisions of 50 ms per second: our core against robopianist's environment, one core and all.

python benchmarks/simulation_speed.py > benchmarks/results/simulation_speed.md
"""

import os

from pianomime.threads import ONE_THREAD

os.environ |= ONE_THREAD

import time
from datetime import UTC, datetime
from multiprocessing import get_context

import mujoco
import numpy as np

from pianomime.command import Command
from pianomime.evaluation.players import planned
from pianomime.hands.embodiment import embodiment
from pianomime.planning.performance_plan import LEAD_IN_S
from pianomime.score.repertoire import find_score
from pianomime.simulation.model import load_model
from pianomime.simulation.reference import reference_environment
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import ROBOPIANIST_TIMING as TIMING

STEPS = 400
ROUNDS = 5
SONG = "minuet_in_g"
EMBODIMENTS = ("pianomime", "robopianist")


def targets(simulation: PianoSimulation) -> np.ndarray:
    """Return the joint targets of a song, (STEPS, n)."""
    score = find_score(SONG)
    return planned(score, simulation)[1].target[:STEPS, 0]


def ours(simulation: PianoSimulation, held: np.ndarray) -> float:
    """Return decisions per second, each with a target (n,) that is held."""
    commands = [Command.hold(target, False, TIMING) for target in held]
    simulation.reset()
    began_s = time.perf_counter()
    for command in commands:
        simulation.step(command)
    return len(commands) / (time.perf_counter() - began_s)


def theirs(environment, actions: np.ndarray) -> float:
    environment.reset()
    began_s = time.perf_counter()
    for action in actions:
        environment.step(action)
    return len(actions) / (time.perf_counter() - began_s)


def bare(simulation: PianoSimulation, held: np.ndarray) -> float:
    """Step MuJoCo and read nothing: what no core around it can beat."""
    simulation.reset()
    began_s = time.perf_counter()
    for ctrl in held @ simulation.hands.coupling.T:
        simulation.data.ctrl[:] = ctrl
        mujoco.mj_step(simulation.model, simulation.data, TIMING.substeps)
    return len(held) / (time.perf_counter() - began_s)


def worker(name: str) -> float:
    simulation = PianoSimulation(load_model(embodiment(name)), TIMING)
    held = targets(simulation)
    return max(ours(simulation, held) for _ in range(ROUNDS))


def main() -> None:
    cores = os.cpu_count() or 1
    print(f"`python benchmarks/simulation_speed.py`, {datetime.now(UTC):%Y-%m-%d}, {cores} cores,")
    print(f"best of {ROUNDS} rounds in turn, {STEPS} decisions of {SONG},")
    print(f"lead-in {LEAD_IN_S:g} s\n")
    print(
        "| embodiment | robopianist, one core | ours, one core | ratio | bare MuJoCo | all cores |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for name in EMBODIMENTS:
        body = embodiment(name)
        simulation, environment = (
            PianoSimulation(load_model(body), TIMING),
            reference_environment(body, find_score(SONG)),
        )
        held = targets(simulation)
        ctrl = held @ simulation.hands.coupling.T
        half = ctrl.shape[1] // 2  # robopianist has the right hand first
        silence = np.zeros((len(ctrl), 1))
        actions = np.concatenate([ctrl[:, half:], ctrl[:, :half], silence], axis=1)
        rounds = [
            (theirs(environment, actions), ours(simulation, held), bare(simulation, held))
            for _ in range(ROUNDS)
        ]
        slow, fast, ceiling = (max(column) for column in zip(*rounds, strict=True))
        with get_context("spawn").Pool(cores) as pool:
            everything = sum(pool.map(worker, [name] * cores))
        print(
            f"| {name} | {slow:.0f}/s | {fast:.0f}/s | {fast / slow:.2f} |"
            f" {ceiling:.0f}/s | {everything:.0f}/s |"
        )
    print(
        "\nBare MuJoCo: the same physics steps from C, with nothing read: the ceiling, as long as"
    )
    print("key presses have to be exactly robopianist's. All cores: one process each, at once.")
    print(f"A decision is {TIMING.decision_s * 1e3:.0f} ms; {TIMING.rate_hz:.0f}/s is real time.")


if __name__ == "__main__":
    main()
