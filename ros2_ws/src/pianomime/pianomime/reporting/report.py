"""HTML report of performances and their mistakes."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pianomime.errors import OutputError
from pianomime.json_text import json_text
from pianomime.performance.performance import Performance
from pianomime.performance.rendering import OFF, choose_backend
from pianomime.performance.sound import performed_midi, write_wav
from pianomime.piano.geometry import is_black, key_name
from pianomime.reporting.health import Health
from pianomime.reporting.mistakes import Mistake, find_mistakes, key_runs
from pianomime.reporting.statistics import finger_statistics, worst_moments


@dataclass(frozen=True)
class Reported:
    """Entry of a report: one performance.

    Attributes:
        name: Title of the entry.
        performance: Recorded performance.
        health: Diagnostics of the run.
        video: MP4 file, starting at the lead-in; None for no video.
    """

    name: str
    performance: Performance
    health: Health
    video: bytes | None


def write_report(reported: Sequence[Reported], path: Path) -> None:
    """Write a self-contained HTML page.

    Raises:
        OutputError: The file cannot be written.
    """
    data = {
        "keys": [key_name(key) for key in range(88)],
        "black": is_black().tolist(),
        "performances": [_as_data(one) for one in reported],
    }
    text = json_text(data, separators=(",", ":")).replace("</", "<\\/")
    page = files("pianomime.reporting").joinpath("report.html").read_text()
    try:
        path.write_text(page.replace("/*DATA*/null", text))
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}") from error


def film(performance: Performance, progress: Callable[[], object]) -> bytes | None:
    """Render a performance as MP4 with sound; None without a rendering backend."""
    if choose_backend() == OFF:
        return None
    from pianomime.performance.video import write_video

    with TemporaryDirectory() as name:
        folder = Path(name)
        sound = folder / "audio.wav"
        has_sound = write_wav(performed_midi(performance), sound)
        for _ in write_video(performance, folder / "video.mp4", sound if has_sound else None):
            progress()
        return (folder / "video.mp4").read_bytes()


def _as_data(one: Reported) -> dict[str, Any]:
    performance, health = one.performance, one.health
    goal_keys, pressed = performance.goal_keys, performance.pressed
    mistakes, names = find_mistakes(performance), performance.hands.layout.names
    kinds: dict[str, int] = {}
    for mistake in mistakes:
        kinds[mistake.kind.value] = kinds.get(mistake.kind.value, 0) + 1
    return {
        "name": one.name,
        "title": performance.score.title,
        "embodiment": performance.hands.name,
        "duration_s": performance.score.duration_s,
        "reached_s": len(goal_keys) * performance.timing.decision_s,
        "lead_in_s": performance.lead_in_s,
        "decision_s": performance.timing.decision_s,
        "notes": len(performance.score.notes),
        "metrics": performance.metrics(),
        "real_time_factor": performance.real_time_factor,
        "right": _runs(goal_keys & pressed),
        "wrong": _runs(pressed & ~goal_keys),
        "missed": _runs(goal_keys & ~pressed),
        "kinds": kinds,
        "fingers": [vars(row) for row in finger_statistics(performance, mistakes)],
        "moments": [
            {
                "begins_s": moment.begins_s,
                "steps": moment.steps,
                "what": [_describe(mistake, names) for mistake in moment.mistakes[:4]],
                "more": max(0, len(moment.mistakes) - 4),
            }
            for moment in worst_moments(mistakes)
        ],
        "nodes": health.nodes,
        "gate": health.gate,
        "halts": health.halts,
        "problems": health.problems,
        "video": None if one.video is None else base64.b64encode(one.video).decode(),
    }


def _describe(mistake: Mistake, names: Sequence[str]) -> str:
    finger = f" ({names[mistake.finger]})" if mistake.finger >= 0 else ""
    return f"{key_name(mistake.key)}{finger} {mistake.kind.value}"


def _runs(keys: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    return list(key_runs(keys))
