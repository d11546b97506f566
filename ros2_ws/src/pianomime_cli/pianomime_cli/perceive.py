"""`pianomime perceive`: extract a demonstration from a pianist's video and its MIDI file."""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from pianomime.errors import ConfigError, OutputError, PianoMimeError
from pianomime.fingering.fingering import dropped_notes
from pianomime.score.repertoire import find_score
from pianomime.score.score import Score
from pianomime_cli.play import create_folder

CORNERS = 8
FOOTAGE = "footage.npz"


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "perceive",
        help="learn a pianist's fingering and hand positions from a video",
        description=__doc__,
    )
    parser.add_argument("video", type=Path, help="video from above, with the keyboard horizontal")
    parser.add_argument(
        "--midi", required=True, help="score that is played: MIDI file, or name of a bundled piece"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to create")
    parser.add_argument(
        "--corners",
        help="corners of the 88 keys [pixels], if calibration fails: x,y of back left, back right, "
        "front right, front left from the player's view, such as 0,360,1280,360,1280,517,0,517",
    )
    parser.add_argument("--no-video", action="store_true", help="do not write annotated.mp4")
    parser.set_defaults(run=_run)
    parser = commands.add_parser(
        "import", help="convert hands released by PianoMime to a demonstration"
    )
    parser.add_argument(
        "source",
        type=Path,
        help="folder of left_hand.npy and right_hand.npy, file of clips, or dataset_hl.zarr",
    )
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--midi", help="score that the hands of a folder play")
    given.add_argument("--clip", type=int, help="index of a clip in the file or release")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to create")
    parser.set_defaults(run=_import)


def _import(options: argparse.Namespace) -> int:
    from pianomime.perception.demonstration import save_demonstration
    from pianomime.perception.released import from_clip, from_hand_arrays
    from pianomime.score.clips import load_clip
    from pianomime.score.midi import save_midi

    if options.clip is None:
        score = find_score(options.midi)
        demonstration = from_hand_arrays(options.source, score)
        create_folder(options.output)
    else:
        clip = load_clip(options.source, options.clip)
        from_clip(clip, clip.score().trimmed())  # raises before the folder is created
        create_folder(options.output)
        save_midi(clip.score(), options.output / "score.mid")
        score = find_score(str(options.output / "score.mid"))
        demonstration = from_clip(clip, score)
    save_demonstration(demonstration, score, options.output)
    known = int((demonstration.finger >= 0).sum())
    print(f"{score.title}: fingers of {known} of {len(score.notes)} notes")
    print(options.output)
    return 0


def _run(options: argparse.Namespace) -> int:
    from pianomime.perception.video_file import opencv

    opencv()  # raises if it is missing, before modules that import it
    from pianomime.perception.demonstration import Demonstration, save_demonstration
    from pianomime.perception.perceive import perceive
    from pianomime.score.clips import CLIP_TIMING

    score = find_score(options.midi)
    corners = _corners(options.corners)
    footage = _footage(options.video, options.output)
    try:
        perceived = perceive(footage, score, corners)
    except PianoMimeError:
        print(
            f"the detected hands are kept in {options.output / FOOTAGE}; the same command with "
            "another --midi or --corners resumes from it",
            file=sys.stderr,
        )
        raise
    fingers = perceived.fingers
    card = _card(options.video, score, perceived)
    demonstration = Demonstration(
        score.sha256,
        fingers.finger,
        fingers.confidence,
        perceived.demonstrated_m,
        CLIP_TIMING.decision_s,
        card,
    )
    save_demonstration(demonstration, score, options.output)
    report = _report(card, score, demonstration.finger)
    (options.output / "report.txt").write_text(report + "\n")
    print(report)
    if not options.no_video:
        from pianomime.perception.annotation import annotate

        path = options.output / "annotated.mp4"
        pictures = annotate(options.video, score, perceived, footage.rate_hz, path)
        for _ in tqdm(
            pictures, total=len(footage.time_s), unit="frame", desc="drawing", disable=None
        ):
            pass
    print(options.output)
    return 0


def _footage(video: Path, folder: Path) -> Any:
    """Detect hands in the video and save them, or load those of an earlier attempt."""
    from pianomime.perception.footage import load_footage, save_footage, watch
    from pianomime.perception.video_file import duration_s

    kept = folder / FOOTAGE
    if kept.exists() and not (folder / "card.json").exists():
        footage = load_footage(kept)
        if footage.video != video.name:
            raise OutputError(f"{folder}: contains hands of {footage.video}, not of {video.name}")
        return footage
    if folder.exists():
        raise OutputError(f"{folder}: exists already")
    with tqdm(total=round(duration_s(video), 1), unit="s", desc="detecting", disable=None) as bar:
        footage = watch(video, lambda time_s: bar.update(round(time_s - bar.n, 2)))
    create_folder(folder)
    save_footage(footage, kept)
    return footage


def _corners(text: str | None) -> list[tuple[float, float]] | None:
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != CORNERS:
        raise ConfigError(f"corners = {text!r}: must be {CORNERS} numbers, x,y of four corners")
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _card(video: Path, score: Score, perceived: Any) -> dict[str, Any]:
    fingers, calibration = perceived.fingers, perceived.calibration
    found: dict[str, Any] = {"by": "corners given"}
    if calibration is not None:
        found = {
            "by": "black keys",
            "black_keys": len(calibration.keys),
            "confidence": round(calibration.confidence, 3),
            "median_error_mm": round(1e3 * float(np.median(calibration.error_m)), 2),
            "error_mm": {
                int(key): round(1e3 * float(error), 2)
                for key, error in zip(calibration.keys, calibration.error_m, strict=True)
            },
        }
    return {
        "title": score.title,
        "video": video.name,
        "notes": len(score.notes),
        "notes_with_finger": int((fingers.finger >= 0).sum()),
        "seen": round(float(np.isfinite(perceived.demonstrated_m[..., 0]).mean()), 3),
        "synchronisation": {
            name: value if isinstance(value, bool) else round(value, 5)
            for name, value in asdict(perceived.synchronisation).items()
        },
        "keyboard": found,
        "to_pixel": perceived.view.to_pixel.tolist(),
        "distortion": perceived.view.distortion,
    }


def _report(card: dict[str, Any], score: Score, finger: np.ndarray) -> str:
    keyboard, sync = card["keyboard"], card["synchronisation"]
    lines = [f"{card['title']}: fingers of {card['notes_with_finger']} of {card['notes']} notes"]
    if "confidence" in keyboard:
        lines.append(
            f"keyboard: {keyboard['black_keys']} black keys, "
            f"{keyboard['median_error_mm']:.1f} mm off, confidence {keyboard['confidence']:.2f}"
        )
    heard = ", confirmed by the sound" if sync["heard"] else ""
    lines.append(
        f"score begins at {sync['offset_s']:.2f} s of the video, "
        f"agreement {sync['agreement']:.2f}, certainty {sync['certainty']:.2f}{heard}"
    )
    if unsure := dropped_notes(score.with_fingers(finger.tolist())):
        lines.append(f"left to the planner: {', '.join(unsure)}")
    return "\n".join(lines)
