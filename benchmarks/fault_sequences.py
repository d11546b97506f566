"""Random faults in random order: is everybody safe afterwards, and nothing lost?

    python benchmarks/fault_sequences.py [--first 0] [--count 200] [--minutes 60]

Each seed plays a short song, in lock-step or by the wall clock, and kills, stops or interrupts
random processes at random instants. Afterwards the command has to have ended by itself; no process
may be left; the bag has to be readable, recovered if need be; and either the song was played to its
end, or the hands were lifted and at rest as far as the bag goes. Seeds are added to
results/fault_sequences.csv as they are done, so a run can be interrupted and taken up again.
"""

import argparse
import csv
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
from node_processes import node_processes
from tqdm import tqdm

from pianomime.errors import PianoMimeError
from pianomime.performance.bag import read_performance
from pianomime.performance.recovery import recover
from pianomime.score.midi import save_midi
from pianomime.score.score import Note, Score

RESULT = Path(__file__).parent / "results/fault_sequences.csv"
DOMAIN = "ROS_DOMAIN_ID=62"
NODES = ("expert", "gate", "goals", "recorder", "sim")
FAULTS = ("kill", "kill", "stop", "interrupt", "terminate")
END_S = 60.0
NOTHING_YET = ("first chunk", "holds no performance", "no .mcap file", "before the song begins")
"""What is said of bags whose recorder had not got so far."""

SONG = Score.from_notes(
    "short", [Note(0.25 * i, 0.25 * i + 0.22, 39 + 2 * (i % 5), 80) for i in range(24)], []
)


def inject(rng: random.Random, cli: subprocess.Popen) -> str:
    """Do something bad; returns what."""
    fault = rng.choice(FAULTS)
    if fault in ("interrupt", "terminate"):
        cli.send_signal(signal.SIGINT if fault == "interrupt" else signal.SIGTERM)
        return fault
    name = rng.choice(NODES)
    pid = node_processes(DOMAIN).get(name)
    if pid is None:
        return f"{fault} {name} (not there)"
    try:
        if fault == "kill":
            os.kill(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(rng.uniform(0.1, 1.0))
            os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return f"{fault} {name} (gone)"
    return f"{fault} {name}"


def outcome(folder: Path, err: str, faults: list[str]) -> str:  # noqa: PLR0911  one for each end
    """Return what is wrong afterwards, or how it ended."""
    left = node_processes(DOMAIN)
    if left:
        for pid in left.values():  # or else they are found after the next one too
            os.kill(pid, signal.SIGKILL)
        return f"WRONG: left behind: {', '.join(left)}: {err.strip()[-300:]}"
    if "Traceback" in err:
        return "WRONG: a traceback"
    if not folder.exists():
        return "nothing kept" if "nothing is kept" in err else f"WRONG: no folder: {err.strip()}"
    bag = folder / "bag"
    try:
        if not (bag / "metadata.yaml").exists():
            recover(bag, folder / "recovered")
            bag = folder / "recovered"
        performance = read_performance(bag)
    except PianoMimeError as error:
        early = any(words in str(error) for words in NOTHING_YET)
        return "ended before there was anything to keep" if early else f"WRONG: {error}"
    if len(performance.goal_keys) >= performance.timing.steps(SONG.duration_s) - 1:
        return "played to its end"
    if any(fault in ("kill sim", "kill recorder") for fault in faults):
        return "the hands or the recorder were killed; readable to there"
    moved = abs(np.diff(performance.joint_position[-2:], axis=0)).max(initial=0.0)
    if performance.active[-1].any() or moved > 0.05:
        return f"WRONG: not at rest ({performance.active[-1].sum()} keys down, moved {moved:.3f})"
    return "ended early, hands up and at rest"


def run(seed: int) -> tuple[str, str]:
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_midi(SONG, folder / "short.mid")
        command = [sys.executable, "-m", "pianomime_cli.cli", "play", "short.mid", "-o", "out"]
        command += ["--no-video"] + ["--real-time"] * (rng.random() < 0.5)
        cli = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "ROS_DOMAIN_ID": DOMAIN.partition("=")[2]},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        faults = []
        time.sleep(rng.uniform(2.0, 6.0))
        for _ in range(rng.randint(1, 3)):
            if cli.poll() is not None:
                break
            faults.append(inject(rng, cli))
            time.sleep(rng.uniform(0.0, 1.5))
        try:
            _, err = cli.communicate(timeout=END_S)
            how = outcome(folder / "out", err, faults)
        except subprocess.TimeoutExpired:
            how = "WRONG: did not end"
            for pid in node_processes(DOMAIN).values():
                os.kill(pid, signal.SIGKILL)
            cli.communicate()
        return "; ".join(faults) or "none", how


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=60.0, help="stop after so long")
    options = parser.parse_args()
    done = set()
    if RESULT.exists():
        with RESULT.open() as file:
            done = {int(row["seed"]) for row in csv.DictReader(file)}
    else:
        RESULT.write_text("seed,date,faults,outcome\n")
    deadline_s = time.monotonic() + 60 * options.minutes
    seeds = [s for s in range(options.first, options.first + options.count) if s not in done]
    for seed in tqdm(seeds):
        if time.monotonic() > deadline_s:
            break
        faults, how = run(seed)
        with RESULT.open("a") as file:
            csv.writer(file).writerow((seed, date.today().isoformat(), faults, how))
        if "WRONG" in how:
            tqdm.write(f"{seed}: {faults}: {how}")


if __name__ == "__main__":
    main()
