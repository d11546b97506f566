"""When each finger holds its key: as long as the note asks, unless the hand has to be elsewhere."""

import math
from dataclasses import dataclass

import numpy as np

from pianomime.config import Config, parameter
from pianomime.hands.finger_layout import FingerLayout
from pianomime.hands.fingers import SIDES, UNASSIGNED
from pianomime.piano.geometry import key_y
from pianomime.score.goals import KeyGoals, StepNote
from pianomime.score.score import Score


@dataclass(frozen=True, kw_only=True)
class LeapConfig(Config):
    """How a hand leaps; chosen on training clips and the repertoire."""

    leap_slack_m: float = parameter(0.08, "Way that fingers make good without the hand [m]", ge=0.0)
    leap_acceleration_m: float = parameter(
        0.02, "Acceleration of a leap, change of change a step [m]", ge=1e-4
    )
    leap_most: float = parameter(0.5, "Most of a note that a leap may take", ge=0.0, le=1.0)

    def leap_steps(self, way_m: float) -> int:
        """Return how many steps a leap takes from rest to rest, speeding up, then slowing down."""
        beyond = max(way_m - self.leap_slack_m, 0.0)
        return math.ceil(2 * math.sqrt(beyond / self.leap_acceleration_m))


@dataclass(frozen=True)
class PlayedNote(StepNote):
    """A note as it is played."""

    way_m: float
    """How far its hand goes from it to the next onset [m]; 0 after the last."""


def played_notes(
    score: Score, goals: KeyGoals, layout: FingerLayout, config: LeapConfig
) -> list[PlayedNote]:
    """Return the notes that have a finger, by onset, some cut short.

    A note ends where its finger has to go on to another key, and where its hand has to set out for
    a leap: to be late is worse than to let go early, since it misses the next notes too, and hits
    their neighbours.
    """
    hands: list[list[StepNote]] = [[] for _ in SIDES]
    for note in goals.notes:
        finger = score.notes[note.index].finger
        if finger != UNASSIGNED:
            hands[layout.side_of(finger)].append(note)
    played = [
        note
        for hand in hands
        for note in _before_leaps(score, _one_key_a_finger(score, hand), layout, config)
    ]
    return sorted(played, key=lambda note: note.first)


def _one_key_a_finger(score: Score, notes: list[StepNote]) -> list[StepNote]:
    next_first: dict[int, int] = {}
    played: list[StepNote] = []
    for note in sorted(notes, key=lambda note: -note.first):
        finger = score.notes[note.index].finger
        last = min(note.last, next_first.get(finger, note.last + 1) - 1)
        next_first[finger] = note.first
        played.append(StepNote(note.first, max(note.first, last), note.index))
    return played[::-1]


def _before_leaps(
    score: Score, notes: list[StepNote], layout: FingerLayout, config: LeapConfig
) -> list[PlayedNote]:
    if not notes:
        return []
    first = np.array([note.first for note in notes])
    finger = np.array([score.notes[note.index].finger for note in notes])
    key = np.array([score.notes[note.index].key for note in notes])
    middle = key_y()[key] - layout.offset_m[finger]  # of the hand, its finger relaxed on the key
    played = []
    for i, note in enumerate(notes):
        begin = np.searchsorted(first, note.last, side="right")
        end = np.searchsorted(first, first[begin], side="right") if begin < len(notes) else begin
        last, way_m = note.last, 0.0
        if begin < end:
            way_m = float(np.abs(middle[begin:end] - middle[i]).max())
            least = note.first + int((note.last - note.first) * (1 - config.leap_most))
            last = min(last, max(least, int(first[begin]) - config.leap_steps(way_m)))
        played.append(PlayedNote(note.first, last, note.index, way_m))
    return played
