"""Where the time of a decision goes: play a piece through the graph and read /diagnostics.

Run by `make bench`; prints a table for each controller, in lock-step and in real time. Figures are
medians over the seconds of the run of that second's p50 and p99.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from statistics import median

from rosbags.highlevel import AnyReader

from pianomime.controllers.bundled import BUNDLED

CONTROLLERS = tuple(row.name for row in BUNDLED)
STEPS = (
    ("sim", "step", "simulate one decision"),
    ("goals", "step", "key goals"),
    *((name, "step", "controller") for name in CONTROLLERS),
    ("gate", "step", "command gate"),
    ("sim", "command age", "from a state's publication to its whole command"),
)


def play(song: str, folder: Path, *options: str) -> dict:
    command = [sys.executable, "-m", "pianomime_cli.cli", "play", song, "-o", str(folder)]
    subprocess.run([*command, "--no-video", *options], check=True, stdout=subprocess.DEVNULL)
    return json.loads((folder / "metrics.json").read_text())


def diagnostics(bag: Path) -> dict[str, list[float]]:
    """Return the figures of each node over the run: "sim step p50 [ms]", ..."""
    figures = defaultdict(list)
    with AnyReader([bag]) as reader:
        wanted = [c for c in reader.connections if c.topic == "/diagnostics"]
        for connection, _, data in reader.messages(wanted):
            for status in reader.deserialize(data, connection.msgtype).status:
                node = status.name.split(":")[0]
                for pair in status.values:
                    with suppress(ValueError):  # facts
                        figures[f"{node} {pair.key}"].append(float(pair.value))
    return figures


def report(mode: str, metrics: dict, figures: dict[str, list[float]]) -> None:
    print(f"\n{mode}: {metrics['real_time_factor']:.2f} times real time, F1 {metrics['f1']:.3f}")
    print("\n| what | p50 [ms] | p99 [ms] |\n| --- | --- | --- |")
    for node, name, meaning in STEPS:
        p50, p99 = (figures.get(f"{node} {name} {p} [ms]") for p in ("p50", "p99"))
        if p50 and p99:
            print(f"| {node}: {meaning} | {median(p50):.2f} | {median(p99):.2f} |")
    share = {node: cpu_s / metrics["wall_s"] for node, cpu_s in metrics["cpu_s"].items()}
    shares = ", ".join(f"{node} {100 * part:.0f} %" for node, part in share.items())
    print(f"\nCPU time over the playing time, start-up included: {shares}")
    if overruns := figures.get("sim overruns"):
        print(f"Overruns: {max(overruns):.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("song", nargs="?", default="fur_elise")
    song = parser.parse_args().song
    print(f"`python benchmarks/graph_timing.py {song}`, {datetime.now(UTC):%Y-%m-%d}, ", end="")
    print(f"{os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as temporary:
        modes = (("lock-step", ()), ("real time", ("--real-time",)))
        for controller, (mode, options) in product(CONTROLLERS, modes):
            folder = Path(temporary, f"{controller}-{mode}")
            metrics = play(song, folder, "--controller", controller, *options)
            report(f"{song}, {controller}, {mode}", metrics, diagnostics(folder / "bag"))


if __name__ == "__main__":
    main()
