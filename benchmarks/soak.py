"""Half an hour of music by the wall clock: does any node grow, and is the song played to its end?

    python benchmarks/soak.py [--minutes 30] [-o FOLDER]

Repeats pieces of the repertoire for the given length, plays them in real time, and samples the
resident memory of each node every ten seconds. Writes results/soak.md.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from node_processes import node_processes

from pianomime.score.midi import save_midi
from pianomime.score.repertoire import find_score
from pianomime.score.score import Note, Score

PIECES = ("twinkle", "minuet_in_g", "prelude_bwv846", "fur_elise", "ode_to_joy")
SAMPLE_S = 10.0
RESULT = Path(__file__).parent / "results/soak.md"


def programme(minutes: float) -> Score:
    """Return pieces one after the other until they are long enough."""
    notes: list[Note] = []
    time_s = 0.0
    while time_s < 60 * minutes:
        for piece in PIECES:
            score = find_score(piece, 0, 1.0)
            notes += [
                Note(n.onset_s + time_s, n.offset_s + time_s, n.key, n.velocity, n.finger)
                for n in score.notes
            ]
            time_s += score.duration_s + 0.5
    notes = [note for note in notes if note.offset_s <= 60 * minutes]
    return Score.from_notes("soak", notes, [])


def memory_mib(folder: Path) -> dict[str, float]:
    """Return the resident memory of each node whose bag is in `folder` [MiB]."""
    found = {}
    for name, pid in node_processes(f"PIANOMIME_SOAK={folder}").items():
        if name.startswith("other"):
            continue
        try:
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except OSError:
            continue
        found[name] = pages * 4096 / 2**20
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("-o", "--output", type=Path, default=Path(tempfile.mkdtemp(), "soak"))
    options = parser.parse_args()
    song = options.output.with_suffix(".mid")
    save_midi(programme(options.minutes), song)
    process = subprocess.Popen(
        ["pianomime", "play", str(song), "--real-time", "--no-video", "-o", str(options.output)],
        env={**os.environ, "PIANOMIME_SOAK": str(options.output)},
        stdout=subprocess.PIPE,
        text=True,
    )
    samples = []
    began_s = time.monotonic()
    while process.poll() is None:
        time.sleep(SAMPLE_S)
        samples.append((time.monotonic() - began_s, memory_mib(options.output)))
        print(f"{samples[-1][0]:6.0f} s {samples[-1][1]}", file=sys.stderr, flush=True)
    settled = next(m for t, m in samples if t > 0.2 * samples[-1][0] and m)
    last = next(m for t, m in reversed(samples) if len(m) == len(settled))
    metrics = json.loads((options.output / "metrics.json").read_text())
    rows = [
        f"| {name} | {settled[name]:.1f} | {last[name]:.1f} | {last[name] - settled[name]:+.1f} |"
        for name in sorted(settled)
    ]
    RESULT.write_text(
        f"# Soak\n\n`python benchmarks/soak.py --minutes {options.minutes:g}`, "
        f"{date.today().isoformat()}: exit status {process.returncode}, F1 {metrics['f1']:.3f}, "
        f"{metrics['wall_s'] / 60:.1f} min by the wall clock.\n\n"
        "Resident memory after a fifth of the time and at the end [MiB].\n\n"
        "| node | after a fifth | at the end | growth |\n| --- | --- | --- | --- |\n"
        + "\n".join(rows)
        + "\n"
    )
    print(RESULT.read_text())


if __name__ == "__main__":
    main()
