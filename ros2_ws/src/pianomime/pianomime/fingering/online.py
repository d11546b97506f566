"""Choose fingers when only the next second of the music is known."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.fingering.costs import FingeringConfig, Partials
from pianomime.fingering.fingering import advance, onset_groups, search
from pianomime.fingering.problem import FingeringProblem
from pianomime.hands.fingers import UNASSIGNED
from pianomime.hands.hand_spec import HandSpec
from pianomime.score.goals import StepNote
from pianomime.score.score import Note, Score

_SETTLE_STEPS: Final = 8
"""Control steps before its onset from which a note keeps its finger: the hand is on its way."""


_BEAM: Final = 16
"""Partial fingerings kept at each onset; half of what there is time for beforehand."""


@dataclass
class _Track:
    """A note that is in sight: `last` grows while its end is beyond the horizon."""

    first: int
    last: int
    key: int
    finger: int = UNASSIGNED
    settled: bool = False


class OnlineFingering:
    """Follow a sliding window of wanted keys; a note's finger is settled shortly before it."""

    def __init__(self, dt_s: float, spec: HandSpec) -> None:
        """Begin with nothing played by the hands of `spec`; `dt_s` is the control step [s]."""
        self._dt_s = dt_s
        self._layout = spec.layout
        self._config = replace(FingeringConfig.of(spec), beam=_BEAM)
        self._tracks: list[_Track] = []
        self._partials = Partials.at_rest(spec.layout)

    def update(self, now: int, keys: NDArray[np.bool_]) -> tuple[Score, list[StepNote]]:
        """Return the notes in sight with their fingers, and their steps.

        Args:
            now: Control step that begins.
            keys: (rows, 88) wanted at the ends of steps now, now + 1, ...
        """
        before = {(track.key, track.first) for track in self._tracks}
        self._tracks = self._follow(now, keys)
        for track in self._tracks:
            if track.settled and track.finger != UNASSIGNED:
                where = (0, track.finger)
                if self._partials.key[where] == track.key:
                    self._partials.until[where] = track.last
        if {(track.key, track.first) for track in self._tracks} - before:
            self._choose()
        self._settle(now)
        return self._as_score(self._tracks)

    @property
    def settled(self) -> dict[tuple[int, int], int]:
        """Return the fingers that are decided of the notes in sight, by key and first step."""
        return {(t.key, t.first): t.finger for t in self._tracks if t.settled}

    def _follow(self, now: int, keys: NDArray[np.bool_]) -> list[_Track]:
        """Return the runs of each key in the window, as the notes they were known as."""
        sounding = {track.key: track for track in self._tracks if track.first < now <= track.last}
        known = {(track.key, track.first): track for track in self._tracks}
        change = np.diff(np.pad(keys.astype(np.int8), ((1, 1), (0, 0))), axis=0)
        begins, ends = np.argwhere(change.T == 1), np.argwhere(change.T == -1)
        tracks = []
        for (key, begin), (_, end) in zip(begins.tolist(), ends.tolist(), strict=True):
            track = sounding.get(key) if begin == 0 else None
            track = track or known.get((key, now + begin)) or _Track(now + begin, 0, key)
            track.last = now + end - 1
            tracks.append(track)
        return tracks

    def _choose(self) -> None:
        """Search again over all notes that are not settled."""
        open_tracks = [track for track in self._tracks if not track.settled]
        score, notes = self._as_score(open_tracks, fingers=False)
        groups = onset_groups(notes, score)
        problem = FingeringProblem.of(score, self._dt_s, self._layout, self._config)
        fingers = search(self._partials, groups, problem)
        for track, finger in zip(open_tracks, fingers.tolist(), strict=True):
            track.finger = finger

    def _settle(self, now: int) -> None:
        due = [t for t in self._tracks if not t.settled and t.first <= now + _SETTLE_STEPS]
        if not due:
            return
        playable = [track for track in due if track.finger != UNASSIGNED]
        score, notes = self._as_score(playable)
        config = replace(self._config, beam=1)
        problem = FingeringProblem.of(score, self._dt_s, self._layout, config)
        for group in onset_groups(notes, score):
            self._partials, _ = advance(self._partials, group, problem)
        for track in due:
            track.settled = True

    def _as_score(self, tracks: list[_Track], fingers: bool = True) -> tuple[Score, list[StepNote]]:
        notes = tuple(
            Note(
                track.first * self._dt_s,
                (track.last + 1) * self._dt_s,
                track.key,
                finger=track.finger if fingers else UNASSIGNED,
            )
            for track in tracks
        )
        steps = [StepNote(track.first, track.last, i) for i, track in enumerate(tracks)]
        return Score("window", notes), steps
