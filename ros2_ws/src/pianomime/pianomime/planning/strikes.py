"""When each finger goes down on its key and up again: a score as fingers play it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from pianomime.config import Config, parameter
from pianomime.hands.finger_layout import FingerLayout
from pianomime.hands.fingers import SIDES, UNASSIGNED
from pianomime.piano.action import LET_OFF
from pianomime.piano.geometry import key_y
from pianomime.piano.velocity import fingertip_speed_m_s
from pianomime.score.score import Note, PedalEvent

_CHORD_S: Final = 0.01
"""Notes this near in time are one chord [s]."""

_HURRIED_S: Final = 0.02
"""Shortest descent of a key that is struck again at once [s]."""

_KEY_DROP_M: Final = 0.0075
"""Way of a key where it is pressed [m]."""


@dataclass(frozen=True, kw_only=True)
class StrikeConfig(Config):
    """How a key is struck and left, and how a hand leaps; chosen on training music."""

    lateness_s: float = parameter(
        0.02,
        "Time from a note's onset until its key is struck; the pedal is as late [s]",
        ge=0.0,
        le=1.0,
    )
    fastest_s: float = parameter(
        0.04, "Shortest descent, from over the key down to its bed [s]", ge=0.005, le=1.0
    )
    slowest_s: float = parameter(
        0.065,
        "Longest descent, of soft notes; as short as the shortest: all are loud [s]",
        ge=0.005,
        le=1.0,
    )
    press_m: float = parameter(0.004, "How far below the pressed key's face to aim [m]", ge=0.0)
    press_more_m: float = parameter(
        0.0001, "More of it for each unit of MIDI velocity above 64 [m]", ge=0.0
    )
    push_n: float = parameter(1.0, "Force on the bed of a key that is held [N]", ge=0.0, le=10.0)
    hover_m: float = parameter(0.007, "Clearance over a key just before it is pressed [m]", ge=0.0)
    hover_more_m: float = parameter(
        0.0005, "More of it for each unit of MIDI velocity above 64 [m]", ge=0.0
    )
    hover_least_m: float = parameter(0.004, "Least of it, for the softest notes [m]", ge=0.0)
    release_s: float = parameter(
        0.005, "Time from a note's end until its finger goes up [s]", ge=-1.0, le=1.0
    )
    rise_s: float = parameter(
        0.03, "Least time from going up to going down again on the same key [s]", ge=0.0, le=1.0
    )
    swing_s: float = parameter(
        0.04, "Least time from going up to being over another key [s]", ge=0.0, le=1.0
    )
    least_s: float = parameter(0.02, "Least time at the bed of a key [s]", ge=0.0, le=1.0)
    leap_slack_m: float = parameter(
        0.08, "Distance that the fingers cover without the hand [m]", ge=0.0
    )
    leap_acceleration: float = parameter(8.0, "Acceleration of a leap [m/s^2]", ge=1e-3)
    leap_most: float = parameter(0.5, "Most of a note that a leap may take", ge=0.0, le=1.0)

    def hover(self, velocity: int) -> float:
        """Return the height [m] over a key from which to strike it: the louder, the higher."""
        return max(self.hover_m + self.hover_more_m * (velocity - 64), self.hover_least_m)

    def press(self, velocity: int) -> float:
        """Return how far below the pressed key's face to aim [m]: the louder, the farther."""
        return max(self.press_m + self.press_more_m * (velocity - 64), 0.0)

    def descent_s(self, velocity: int) -> float:
        """Return the time [s] from over a key down to its bed for a MIDI velocity.

        The fingertip passes let-off at the speed that makes the velocity, if that is neither
        slower nor faster than it may go down.
        """
        share = self.let_off(velocity)
        slope = 6 * share * (1 - share)  # of a smooth step
        descent_s = slope * self._way_m(velocity) / fingertip_speed_m_s(velocity)
        return min(max(descent_s, self.fastest_s), self.slowest_s)

    def let_off(self, velocity: int) -> float:
        """Return the share of the descent, a smooth step, after which the key is let off."""
        share_m = (self.hover(velocity) + LET_OFF * _KEY_DROP_M) / self._way_m(velocity)
        return 0.5 - math.sin(math.asin(1 - 2 * share_m) / 3)

    def _way_m(self, velocity: int) -> float:
        return self.hover(velocity) + _KEY_DROP_M + self.press(velocity)

    def late(self, pedal: Iterable[PedalEvent]) -> list[PedalEvent]:
        """Return the changes of the pedal as late as the notes are struck."""
        return [replace(event, time_s=event.time_s + self.lateness_s) for event in pedal]

    def leap_s(self, way_m: float) -> float:
        """Return the duration of a leap from rest to rest, speeding up, then slowing down [s]."""
        beyond_m = max(way_m - self.leap_slack_m, 0.0)
        return 2 * math.sqrt(beyond_m / self.leap_acceleration)


@dataclass(frozen=True, slots=True)
class Strike:
    """A key held by a finger for a while. Times are from the start of the score [s].

    Attributes:
        finger: Index of the finger.
        key: 0 (A0) .. 87 (C8).
        velocity: MIDI velocity, 1 .. 127.
        ready_s: When the fingertip is over the key.
        press_s: When the key is at its bed.
        release_s: When the finger begins to go up.
        way_m: Way of the hand to its next onset [m]; 0 after the last.
    """

    finger: int
    key: int
    velocity: int
    ready_s: float
    press_s: float
    release_s: float
    way_m: float


def strikes(notes: Iterable[Note], layout: FingerLayout, config: StrikeConfig) -> list[Strike]:
    """Return how notes are played, by onset; notes without a finger are left out.

    A finger leaves its key at the end of the note, or before if it has to go on to another key, or
    if the hand has to set out for a leap: to be late is worse than to let go early, since it misses
    the next notes too, and hits their neighbours.
    """
    hands: list[list[Note]] = [[] for _ in SIDES]
    for note in sorted(notes, key=lambda note: (note.onset_s, note.key)):
        if note.finger != UNASSIGNED:
            hands[layout.side_of(note.finger)].append(note)
    played = [
        _strike(note, end_s, way_m, config)
        for hand in hands
        for note, end_s, way_m in _before_leaps(hand, layout, config)
    ]
    return _one_at_a_time(sorted(played, key=lambda strike: strike.press_s), config)


def _strike(note: Note, end_s: float, way_m: float, config: StrikeConfig) -> Strike:
    descent_s = config.descent_s(note.velocity)
    struck_s = note.onset_s + config.lateness_s
    press_s = struck_s + (1 - config.let_off(note.velocity)) * descent_s
    return Strike(
        note.finger,
        note.key,
        note.velocity,
        press_s - descent_s,
        press_s,
        end_s + config.release_s,
        way_m,
    )


def _before_leaps(
    notes: list[Note], layout: FingerLayout, config: StrikeConfig
) -> list[tuple[Note, float, float]]:
    """Return the notes of one hand, when each ends, and the way of the hand to its next onset."""
    if not notes:
        return []
    onset_s = np.array([note.onset_s for note in notes])
    finger = np.array([note.finger for note in notes])
    key = np.array([note.key for note in notes])
    middle = key_y()[key] - layout.offset_m[finger]  # of the hand, its finger relaxed on the key
    next_s: dict[int, float] = {}
    played = []
    for i, note in reversed(list(enumerate(notes))):
        end_s = max(min(note.offset_s, next_s.get(note.finger, math.inf)), note.onset_s)
        next_s[note.finger] = note.onset_s
        begin = np.searchsorted(onset_s, max(end_s, note.onset_s + _CHORD_S) - 1e-6)
        way_m = 0.0
        if begin < len(notes):
            after = np.searchsorted(onset_s, onset_s[begin] + _CHORD_S)
            way_m = float(np.abs(middle[begin:after] - middle[i]).max())
            least_s = note.onset_s + (end_s - note.onset_s) * (1 - config.leap_most)
            end_s = min(end_s, max(least_s, float(onset_s[begin]) - config.leap_s(way_m)))
        played.append((note, end_s, way_m))
    return played[::-1]


def _one_at_a_time(played: list[Strike], config: StrikeConfig) -> list[Strike]:
    """Return the strikes with fingers up in time for the next strike of their key or finger."""
    played = _hurried(played, config)
    next_of_key: dict[int, float] = {}
    next_of_finger: dict[int, float] = {}
    for i, strike in reversed(list(enumerate(played))):
        release_s = min(
            strike.release_s,
            next_of_key.get(strike.key, math.inf) - config.rise_s,
            next_of_finger.get(strike.finger, math.inf) - config.swing_s,
        )
        release_s = max(release_s, strike.press_s + config.least_s)
        played[i] = replace(strike, release_s=release_s)
        next_of_key[strike.key] = next_of_finger[strike.finger] = strike.ready_s
    return played


def _hurried(played: list[Strike], config: StrikeConfig) -> list[Strike]:
    """Return the strikes, with shorter descents where a key or finger is soon needed again."""
    free_key: dict[int, float] = {}
    free_finger: dict[int, float] = {}
    hurried = []
    for strike in played:
        free_s = max(
            free_key.get(strike.key, -math.inf) + config.rise_s,
            free_finger.get(strike.finger, -math.inf) + config.swing_s,
        )
        latest_s = max(strike.press_s - _HURRIED_S, strike.ready_s)
        ready_s = min(max(strike.ready_s, free_s), latest_s)
        hurried.append(replace(strike, ready_s=ready_s))
        free_key[strike.key] = free_finger[strike.finger] = strike.press_s + config.least_s
    return hurried
