"""Demonstration: a human's fingering and fingertip positions for a score, stored as a folder."""

import csv
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pianomime.errors import OutputError, PianoMimeError
from pianomime.hands.fingers import N_PIANISTS_FINGERS, PIANISTS_FINGERS, UNASSIGNED
from pianomime.json_text import json_text
from pianomime.score.score import Score
from pianomime.timing import Timing

_FORMAT: Final = 2
_FILES: Final = ("fingertips.npz", "fingering.csv", "card.json")


class DemonstrationError(PianoMimeError):
    """A demonstration is invalid, or of another score or timing."""


@dataclass(frozen=True)
class Demonstration:
    """A human's demonstration of a score.

    Heights are missing, because a camera above cannot measure them. The score determines when keys
    are pressed; the demonstration determines the fingers and the positions of the hands.

    Attributes:
        sha256: Hash of the score.
        finger: (n,) finger of each note, or `UNASSIGNED`.
        confidence: (n,) confidence of the finger, 0 .. 1.
        tips_m: (steps, 10, 2) fingertips at the ends of the score's steps, x and y [m, world];
            NaN where not detected.
        step_s: Duration of a step [s].
        card: Metadata on its origin.
    """

    sha256: str
    finger: NDArray[np.int64]
    confidence: NDArray[np.float64]
    tips_m: NDArray[np.float64]
    step_s: float
    card: dict[str, Any]

    def check_score(self, score: Score) -> None:
        """Raise DemonstrationError if it is of another score."""
        if score.sha256 != self.sha256:
            raise DemonstrationError(
                f"demonstration of score {self.sha256[:12]}, not of the one given "
                f"({score.title}, {score.sha256[:12]})"
            )
        if len(self.finger) != len(score.notes):
            raise DemonstrationError(
                f"fingers of {len(self.finger)} notes; the score has {len(score.notes)}"
            )

    def check_timing(self, timing: Timing) -> None:
        """Raise DemonstrationError unless its steps are the decisions of `timing`."""
        if timing.decision_s != self.step_s:
            raise DemonstrationError(
                f"demonstration with a step every {self.step_s:g} s; this run has {timing}"
            )

    def fingered(self, score: Score) -> Score:
        """Return the score with the human's fingers; unknown ones are `UNASSIGNED`.

        Raises:
            DemonstrationError: The demonstration is of another score.
        """
        self.check_score(score)
        return score.with_fingers([int(finger) for finger in self.finger])


def save_demonstration(demonstration: Demonstration, score: Score, folder: Path) -> None:
    """Write a demonstration's three files to an existing folder.

    Raises:
        OutputError: A file cannot be written.
    """
    try:
        np.savez_compressed(
            folder / "fingertips.npz", tips_m=demonstration.tips_m.astype(np.float32)
        )
        with (folder / "fingering.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["onset_s", "key", "finger", "confidence"])
            for note, finger, sure in zip(
                score.notes, demonstration.finger, demonstration.confidence, strict=True
            ):
                name = "" if finger == UNASSIGNED else PIANISTS_FINGERS[finger]
                writer.writerow([f"{note.onset_s:.4f}", note.key, name, f"{sure:.3f}"])
        card = {
            "format": _FORMAT,
            "sha256": demonstration.sha256,
            "step_s": demonstration.step_s,
            **demonstration.card,
        }
        (folder / "card.json").write_text(json_text(card, indent=2) + "\n")
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error})") from None


def load_demonstration(folder: Path) -> Demonstration:
    """Read a folder of `save_demonstration`, without executing code from it.

    Raises:
        DemonstrationError: The folder is not a demonstration, or of another format version.
    """
    number = {name: i for i, name in enumerate(PIANISTS_FINGERS)} | {"": UNASSIGNED}
    try:
        card = json.loads((folder / "card.json").read_text())
        if card.pop("format") != _FORMAT:
            raise DemonstrationError(f"{folder}: made by another version; make it again")
        with np.load(folder / "fingertips.npz", allow_pickle=False) as data:
            tips_m = data["tips_m"].astype(float)
        with (folder / "fingering.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        finger = np.array([number[row["finger"]] for row in rows], np.int64)
        confidence = np.array([float(row["confidence"]) for row in rows])
        sha256, step_s = card.pop("sha256"), float(card.pop("step_s"))
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise DemonstrationError(
            f"{folder}: not a demonstration ({', '.join(_FILES)}): {error}"
        ) from None
    if tips_m.ndim != 3 or tips_m.shape[1:] != (N_PIANISTS_FINGERS, 2):
        raise DemonstrationError(
            f"{folder}: fingertips of shape {tips_m.shape}, not (steps, 10, 2)"
        )
    return Demonstration(sha256, finger, confidence, tips_m, step_s, card)
