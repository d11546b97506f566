"""When each finger holds its key: as long as the note asks, unless the hand has to be elsewhere."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pianomime.config import Config, parameter
from pianomime.hands.finger_layout import FingerLayout
from pianomime.hands.fingers import SIDES
from pianomime.piano.geometry import key_y
from pianomime.score.step_notes import StepNote, one_key_a_finger
from pianomime.timing import Timing


@dataclass(frozen=True, kw_only=True)
class LeapConfig(Config):
    """How a hand leaps; chosen on training clips and the repertoire."""

    leap_slack_m: float = parameter(
        0.08, "Distance that the fingers cover without the hand [m]", ge=0.0
    )
    leap_acceleration: float = parameter(8.0, "Acceleration of a leap [m/s^2]", ge=1e-3)
    leap_most: float = parameter(0.5, "Most of a note that a leap may take", ge=0.0, le=1.0)

    def leap_steps(self, way_m: float, timing: Timing) -> int:
        """Return the decisions that a leap takes from rest to rest, speeding up, then slowing."""
        beyond = max(way_m - self.leap_slack_m, 0.0)
        per_step_m = self.leap_acceleration / timing.rate_hz**2
        return math.ceil(2 * math.sqrt(beyond / per_step_m))


def played_notes(
    notes: Sequence[StepNote], timing: Timing, layout: FingerLayout, config: LeapConfig
) -> list[tuple[StepNote, float]]:
    """Return the notes that have a finger, by onset, some cut short, and the way of the hand.

    A note ends where its finger has to go on to another key, and where its hand has to set out for
    a leap: to be late is worse than to let go early, since it misses the next notes too, and hits
    their neighbours. The way is that of the hand from the note to the next onset [m]; 0 after the
    last.
    """
    hands: list[list[StepNote]] = [[] for _ in SIDES]
    for note in one_key_a_finger(notes):
        hands[layout.side_of(note.finger)].append(note)
    played = [pair for hand in hands for pair in _before_leaps(hand, timing, layout, config)]
    return sorted(played, key=lambda pair: pair[0].first)


def _before_leaps(
    notes: list[StepNote], timing: Timing, layout: FingerLayout, config: LeapConfig
) -> list[tuple[StepNote, float]]:
    if not notes:
        return []
    first = np.array([note.first for note in notes])
    finger = np.array([note.finger for note in notes])
    key = np.array([note.key for note in notes])
    middle = key_y()[key] - layout.offset_m[finger]  # of the hand, its finger relaxed on the key
    played = []
    for i, note in enumerate(notes):
        begin = np.searchsorted(first, note.last, side="right")
        end = np.searchsorted(first, first[begin], side="right") if begin < len(notes) else begin
        last, way_m = note.last, 0.0
        if begin < end:
            way_m = float(np.abs(middle[begin:end] - middle[i]).max())
            least = note.first + int((note.last - note.first) * (1 - config.leap_most))
            last = min(last, max(least, int(first[begin]) - config.leap_steps(way_m, timing)))
        played.append((replace(note, last=last), way_m))
    return played
