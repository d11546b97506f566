"""Play every bundled piece through the graph; print a table of how well.

python benchmarks/repertoire.py [--embodiment robopianist] > benchmarks/results/repertoire.md
"""

import argparse
import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tqdm import tqdm

from pianomime.score.repertoire import find_score, repertoire

COLUMNS = ("f1", "f1_sounding", "note_f1", "note_f1_25", "velocity_error")


def play(song: str, embodiment: str, folder: Path) -> dict:
    command = [sys.executable, "-m", "pianomime_cli.cli", "play", song, "-o", str(folder)]
    options = ["--no-video", "--embodiment", embodiment]
    subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)
    return json.loads((folder / "metrics.json").read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--embodiment", default="pianomime")
    embodiment = parser.parse_args().embodiment
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        for name in tqdm(repertoire(), file=sys.stderr):
            score = find_score(name)
            metrics = play(name, embodiment, Path(temporary, name))
            figures = " | ".join(f"{metrics[column]:.3f}" for column in COLUMNS)
            rows.append(f"| {name} | {score.duration_s:.0f} | {len(score.notes)} | {figures} |")
    command = f"python benchmarks/repertoire.py --embodiment {embodiment}"
    print(f"`{command}`, {datetime.now(UTC):%Y-%m-%d}, lock-step, nothing random\n")
    print("| piece | s | notes | F1 | F1 sounding | note F1 | within 25 ms | velocity error |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
