"""Benchmark of a controller on many songs, in parallel processes, with resumable results."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np

from pianomime.controllers.controller import Preparation
from pianomime.errors import OutputError
from pianomime.evaluation.disturbed import DisturbedSimulation
from pianomime.evaluation.players import Options, Prepare
from pianomime.hands.embodiment import embodiment
from pianomime.json_text import json_text
from pianomime.metrics.key_press import key_press_metrics
from pianomime.metrics.notes import note_metrics
from pianomime.performance.struck import pedal_changes, struck_notes
from pianomime.planning.performance_plan import LEAD_IN_S
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Score
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import PianoSimulation
from pianomime.threads import ONE_THREAD
from pianomime.timing import Timing

Record = dict[str, Any]

FIGURES: Final = (
    "f1", "f1_sounding", "precision", "recall", "note_f1", "note_f1_25", "onset_f1",
    "lateness_s", "spread_s", "extra_per_100", "missing_per_100", "length_f1",
    "velocity_error", "velocity_f1", "pedal_f1",
    "preparation_s", "music_s",
)  # fmt: skip


@dataclass(frozen=True)
class Job:
    """One song played by one controller with one version of the code; equal jobs, equal results."""

    title: str
    sha256: str
    controller: str
    embodiment: str
    decision_s: float
    command_s: float
    seed: int
    checkpoint: str = ""
    disturbed: bool = False
    code: str = ""
    rollouts: int = 0
    """Budget of iterative learning in lengths of the song; 0 for controllers that do not learn."""


@dataclass(frozen=True)
class Bench:
    """Settings of a benchmark.

    Attributes:
        preparation: Entry point that prepares the controller.
        embodiment: Name of the embodiment, or path of its description.
        options: Options of the controller.
        disturbed: Whether to use `DisturbedSimulation`: random initial poses, and pushes.
    """

    preparation: Preparation
    embodiment: str
    options: Options
    disturbed: bool = False

    def jobs(self, songs: Sequence[Score]) -> dict[Job, Score]:
        """Return the jobs and their songs."""
        options, checkpoint = self.options, ""
        if options.checkpoint:  # identified by contents, not by name
            checkpoint = hashlib.sha256(Path(options.checkpoint).read_bytes()).hexdigest()
        code = _code(self.preparation)
        hands = embodiment(self.embodiment).identity
        return {
            Job(
                song.title,
                song.sha256,
                self.preparation.name,
                hands,
                options.timing.decision_s,
                options.timing.command_s,
                options.seed,
                checkpoint,
                self.disturbed,
                code,
                options.rollouts if "rollouts" in self.preparation.options else 0,
            ): song
            for song in songs
        }


def run_bench(
    songs: Sequence[Score],
    bench: Bench,
    folder: Path,
    processes: int,
    progress: Callable[[Record], None],
    now_s: Callable[[], float],
) -> list[Record]:
    """Play the songs that are not yet in `folder`/results.jsonl; return the records of all songs.

    Args:
        songs: Songs to play.
        bench: Settings of the benchmark.
        folder: Folder of the results; an interrupted benchmark resumes from it.
        processes: Number of songs played in parallel, one core each.
        progress: Callback for each new record.
        now_s: Clock [s] that times the preparation; must be picklable.

    Raises:
        OutputError: The folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "results.jsonl"
        path.touch()
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror}") from error
    done = {_job_of(record): record for record in _read(path)}
    jobs = bench.jobs(songs)
    os.environ |= ONE_THREAD  # read by the processes' numpy
    todo = [(job, bench, song, now_s) for job, song in jobs.items() if job not in done]
    # Leaving the block, also by an exception, ends the pool's processes.
    with get_context("spawn").Pool(processes) as pool, path.open("a") as file:
        if path.stat().st_size and not path.read_bytes().endswith(b"\n"):
            file.write("\n")  # after a line that was cut off
        for record in pool.imap_unordered(_run, todo):
            done[_job_of(record)] = record
            file.write(json_text(record) + "\n")
            file.flush()
            progress(record)
    return [done[job] for job in jobs]


def summary(records: Iterable[Record]) -> Record:
    """Return the mean of each figure over the songs that have it."""
    table = list(records)
    means = {
        name: float(np.nanmean([np.nan if r[name] is None else r[name] for r in table] or [np.nan]))
        for name in FIGURES
    }
    seconds = sum(r["preparation_s"] for r in table) / sum(r["music_s"] for r in table)
    return {
        "songs": len(table),
        **means,
        "worst": min(table, key=lambda r: r["f1"])["title"],
        "preparation_per_music_s": seconds,
    }


def _run(todo: tuple[Job, Bench, Score, Callable[[], float]]) -> Record:
    job, bench, song, now_s = todo
    prepare: Prepare = bench.preparation.load()
    timing = bench.options.timing
    simulation = _simulation(bench.embodiment, timing)
    if job.disturbed:
        seed = (job.seed, int(job.sha256[:8], 16))
        simulation = DisturbedSimulation(simulation.hands, timing, seed)
    goals = ScoreGoals.of(song, timing)
    began_s = now_s()
    player = prepare(song, simulation, bench.options)
    preparation_s = now_s() - began_s
    rollout = player.perform()
    end_s = timing.time_s(len(rollout.active))
    struck = struck_notes(rollout.events, LEAD_IN_S, end_s)
    figures = {
        **asdict(key_press_metrics(goals.keys, rollout.pressed)),
        **asdict(note_metrics(song, struck, pedal_changes(rollout.events, LEAD_IN_S))),
    }
    return {
        **asdict(job),
        **{name: None if np.isnan(value) else value for name, value in figures.items()},
        "preparation_s": preparation_s,
        "music_s": timing.time_s(goals.steps),
        "dropped": player.dropped,
        "notes": len(song.notes),
    }


@cache
def _simulation(reference: str, timing: Timing) -> PianoSimulation:
    return PianoSimulation(load_model(embodiment(reference)), timing)


def _code(preparation: Preparation) -> str:
    """Return a hash of the sources of the library and of the controller's package."""
    packages = dict.fromkeys(("pianomime", preparation.package))
    sources = [p for name in packages for p in sorted(Path(str(files(name))).rglob("*.py"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


def _job_of(record: Record) -> Job:
    return Job(**{name: record[name] for name in Job.__dataclass_fields__ if name in record})


def _read(path: Path) -> Iterable[Record]:
    """Yield the records of a results file; a truncated line is skipped."""
    if not path.exists():
        return
    for line in path.read_text().splitlines():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue
