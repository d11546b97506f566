"""Writer of performance folders: MIDI, metrics, piano roll, audio and video."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pianomime.errors import OutputError
from pianomime.json_text import json_text
from pianomime.performance.performance import Performance
from pianomime.performance.rendering import OFF, choose_backend
from pianomime.performance.sound import performed_midi, write_wav
from pianomime.score.changes import Change

CHANGES_FILE: Final = "changes.txt"
"""Name of the file that lists the notes that are not played as written."""


def write_folder(
    performance: Performance,
    metrics: Mapping[str, float],
    folder: Path,
    facts: dict[str, Any],
    progress: Callable[[], object],
    video: bool,
    changes: Sequence[Change] = (),
) -> list[str]:
    """Write performance.mid, metrics.json, pianoroll.png, audio.wav and video.mp4.

    If notes are not played as written, they are listed in changes.txt.

    Args:
        performance: Recorded performance.
        metrics: Its metrics, keyed by name.
        folder: Existing folder.
        facts: Additional entries of metrics.json.
        progress: Called after each frame of the video.
        video: Whether to render a video.
        changes: Notes that the arrangement changed or left out.

    Returns:
        One line with the reason for each file that could not be written.

    Raises:
        OutputError: The folder cannot be written to.
    """
    from pianomime.performance.piano_roll import draw_piano_roll  # slow to import

    left_out = []
    try:
        midi = performed_midi(performance)
        midi.write(str(folder / "performance.mid"))
        entries = {
            "title": performance.score.title,
            "embodiment": performance.hands.name,
            "steps": len(performance.goal_keys),
            **metrics,
            "real_time_factor": performance.real_time_factor,
            "wall_s": performance.wall_s,
            **facts,
        }
        text = json_text(entries, indent=2)
        (folder / "metrics.json").write_text(text + "\n")
        if all_changes := sorted([*changes, *performance.unplayed()], key=lambda c: c.onset_s):
            (folder / CHANGES_FILE).write_text("".join(f"{change}\n" for change in all_changes))
        draw_piano_roll(performance, metrics, folder / "pianoroll.png")
        sound: Path | None = folder / "audio.wav"
        if not write_wav(midi, folder / "audio.wav"):
            sound = None
            left_out.append("audio.wav: FluidSynth is missing (apt-get install libfluidsynth3)")
        if video and choose_backend() == OFF:
            left_out.append("video.mp4: no EGL or OSMesa (apt-get install libegl1 libgl1)")
        elif video:
            from pianomime.performance.video import write_video

            for _ in write_video(performance, folder / "video.mp4", sound):
                progress()
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror or error}") from error
    return left_out
