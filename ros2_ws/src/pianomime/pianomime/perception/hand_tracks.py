"""Tracking of left and right hand over consecutive images."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.fingers import SIDES
from pianomime.perception.hand_detector import FINGERTIPS, N_LANDMARKS, WRIST, DetectedHand
from pianomime.perception.keyboard.keyboard_view import KeyboardView
from pianomime.piano.geometry import HINGE_X_M

Array = NDArray[np.float64]

_LOST_S: Final = 1.0
"""Time without detection after which a hand is lost and may reappear anywhere [s]."""

_JUMP_M: Final = 0.25
"""Wrist displacement between detections with a cost of 1 [m]."""

_SAME_M: Final = 0.03
"""Mean fingertip distance below which two detections are the same hand [m]."""

_LABEL: Final = 0.3
_FORGET: Final = 0.1
"""Weight of a new label in the running average of label contradictions."""

_CROSSED: Final = 0.05
_FAR_M: Final = 0.4
"""Maximum distance along x of a playing hand's fingertips from the keys' hinges [m]."""


@dataclass(frozen=True)
class HandsSeen:
    """Tracked hands at one instant.

    Attributes:
        time_s: Time of the image [s].
        place_m: (2, 21, 2) landmarks on the keyboard plane [m], left hand first; the last known
            ones if a hand is not detected.
        age_s: (2,) time since each hand was detected [s]; inf if never.
    """

    time_s: float
    place_m: Array
    age_s: Array

    @property
    def fingertip_m(self) -> Array:
        """Fingertips (10, 2) [m], left thumb first; NaN if not detected in this image."""
        tips = self.place_m[:, FINGERTIPS].reshape(-1, 2).copy()
        tips[np.repeat(self.age_s > 0, len(FINGERTIPS))] = np.nan
        return tips


class HandTracks:
    """Tracker that assigns detections to hands by position and continuity, and weakly by label."""

    def __init__(self, view: KeyboardView) -> None:
        """Initialise without hands."""
        self._view = view
        self._place_m = np.full((len(SIDES), N_LANDMARKS, 2), np.nan)
        self._seen_s = np.full(len(SIDES), -np.inf)
        self._doubt = np.zeros(len(SIDES))  # share of recent labels that contradict the side

    def update(self, time_s: float, hands: list[DetectedHand]) -> HandsSeen:
        """Add the detections at `time_s` [s], which must increase; return the tracked hands."""
        places = [self._view.places(hand.landmarks) for hand in hands]
        keep = [i for i, place in enumerate(places) if _plays(place)]
        keep = _without_doubles(keep, places, hands)[: len(SIDES)]
        for side, i in self._assign(time_s, [hands[i] for i in keep], [places[i] for i in keep]):
            self._place_m[side], self._seen_s[side] = places[keep[i]], time_s
            contradicts = self._contradicts(side, hands[keep[i]])
            self._doubt[side] += _FORGET * (contradicts - self._doubt[side])
        return HandsSeen(time_s, self._place_m.copy(), time_s - self._seen_s)

    def _assign(
        self, time_s: float, hands: list[DetectedHand], places: list[Array]
    ) -> list[tuple[int, int]]:
        """Return (side, detection index) pairs of minimum cost."""
        cost = np.array(
            [
                [self._cost(side, time_s, hand, place) for side in range(len(SIDES))]
                for hand, place in zip(hands, places, strict=True)
            ]
        )
        if len(hands) == 0:
            return []
        if len(hands) == 1:
            return [(int(np.argmin(cost[0])), 0)]
        crossed = _CROSSED * (1 if places[0][WRIST, 1] > places[1][WRIST, 1] else -1)
        straight = cost[0, 0] + cost[1, 1] + crossed
        return [(0, 0), (1, 1)] if straight <= cost[0, 1] + cost[1, 0] else [(1, 0), (0, 1)]

    def _cost(self, side: int, time_s: float, hand: DetectedHand, place: Array) -> float:
        label = _LABEL * self._contradicts(side, hand)
        if time_s - self._seen_s[side] > _LOST_S:
            middle = np.nanmean(place[:, 1])
            # Prefer the tracked hand, unless its labels have contradicted its side for long.
            other = 1 - side
            tracked = time_s - self._seen_s[other] <= _LOST_S and self._doubt[other] < 0.5
            away = 0.1 if (middle > 0) != (side == 1) else 0.0
            return float(label + 2 * _LABEL * tracked + away)
        jump = float(np.linalg.norm(place[WRIST] - self._place_m[side, WRIST]))
        return label + min(jump / _JUMP_M, 2.0)

    def _contradicts(self, side: int, hand: DetectedHand) -> bool:
        """Return whether the label contradicts the side; mirrored views swap labels."""
        left = (hand.label == "left") != self._view.mirrored
        return left != (side == 0)


def _plays(place: Array) -> bool:
    """Return whether a hand is at the keyboard; excludes faces and hands in the lap."""
    tips = place[FINGERTIPS, 0]
    return bool(np.isfinite(place).all() and (np.abs(tips - HINGE_X_M) < _FAR_M).all())


def _without_doubles(keep: list[int], places: list[Array], hands: list[DetectedHand]) -> list[int]:
    """Return the detections by falling confidence, without duplicates of the same hand."""
    chosen: list[int] = []
    for i in sorted(keep, key=lambda i: -hands[i].score):
        tips = places[i][FINGERTIPS, :]
        if all(
            np.linalg.norm(tips - places[j][FINGERTIPS, :], axis=1).mean() > _SAME_M for j in chosen
        ):
            chosen.append(i)
    return chosen
