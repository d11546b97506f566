"""Control steps per second: our core against robopianist's environment, one core and all.

python benchmarks/simulation_speed.py > benchmarks/results/simulation_speed.md
"""

import os

from pianomime.threads import ONE_THREAD

os.environ |= ONE_THREAD

import time
from datetime import UTC, datetime
from multiprocessing import get_context

import numpy as np

from pianomime.evaluation.players import LEAD, planned
from pianomime.hands.embodiment import EMBODIMENTS, Embodiment
from pianomime.score.repertoire import find_score
from pianomime.simulation.model import CONTROL_DT_S, load_model
from pianomime.simulation.reference import reference_environment
from pianomime.simulation.simulation import PianoSimulation

STEPS = 400
ROUNDS = 5
SONG = "minuet_in_g"


def targets(simulation: PianoSimulation) -> np.ndarray:
    """Return the joint targets of a song, (STEPS, n)."""
    score = find_score(SONG)
    return planned(score, simulation)[1].target[:STEPS]


def ours(simulation: PianoSimulation, commands: np.ndarray) -> float:
    """Return control steps per second."""
    simulation.reset()
    began_s = time.perf_counter()
    for command in commands:
        simulation.step(command, sustain=False)
    return len(commands) / (time.perf_counter() - began_s)


def theirs(environment, actions: np.ndarray) -> float:
    environment.reset()
    began_s = time.perf_counter()
    for action in actions:
        environment.step(action)
    return len(actions) / (time.perf_counter() - began_s)


def worker(body: Embodiment) -> int:
    simulation = PianoSimulation(load_model(body))
    commands = targets(simulation)
    for _ in range(ROUNDS):
        ours(simulation, commands)
    return ROUNDS * len(commands)


def main() -> None:
    cores = os.cpu_count() or 1
    print(f"`python benchmarks/simulation_speed.py`, {datetime.now(UTC):%Y-%m-%d}, {cores} cores,")
    print(f"best of {ROUNDS} rounds in turn, {STEPS} control steps of {SONG}, lead-in {LEAD}\n")
    print("| embodiment | robopianist, one core | ours, one core | ratio | ours, all cores |")
    print("| --- | --- | --- | --- | --- |")
    for body in EMBODIMENTS.values():
        simulation, environment = (
            PianoSimulation(load_model(body)),
            reference_environment(body, find_score(SONG)),
        )
        commands = targets(simulation)
        ctrl = commands @ simulation.hands.coupling.T
        half = ctrl.shape[1] // 2  # robopianist has the right hand first
        silence = np.zeros((len(ctrl), 1))
        actions = np.concatenate([ctrl[:, half:], ctrl[:, :half], silence], axis=1)
        pairs = [(theirs(environment, actions), ours(simulation, commands)) for _ in range(ROUNDS)]
        slow, fast = (max(column) for column in zip(*pairs, strict=True))
        with get_context("spawn").Pool(cores) as pool:
            pool.map(worker, [body] * cores)  # starts the processes and loads the models
            began_s = time.perf_counter()
            steps = sum(pool.map(worker, [body] * cores))
            everything = steps / (time.perf_counter() - began_s)
        ratio = f"{fast / slow:.2f}"
        print(f"| {body.name} | {slow:.0f}/s | {fast:.0f}/s | {ratio} | {everything:.0f}/s |")
    print("\nAll cores: songs planned and rolled out in processes, the planning included.")
    print(f"A control step is {CONTROL_DT_S * 1e3:.0f} ms; {1 / CONTROL_DT_S:.0f}/s is real time.")


if __name__ == "__main__":
    main()
