"""Fingers of the notes in sight, assigned by a network shortly before each onset."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pianomime.fingering.costs import Partials
from pianomime.fingering.problem import onset_of
from pianomime.hands.finger_layout import FingerLayout
from pianomime.hands.fingers import UNASSIGNED
from pianomime.policy.finger_choice import (
    COMMIT_S,
    LOOKAHEAD_S,
    choice_inputs,
    choose,
    follow,
    upcoming,
)
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Score
from pianomime.score.step_notes import NoteName, StepNote, by_onset
from pianomime.timing import Timing

Floats = NDArray[np.float32]


class FingerMemory:
    """Notes in sight, and the fingers of those that begin soon."""

    def __init__(
        self, network: Callable[[Floats], Floats], timing: Timing, layout: FingerLayout
    ) -> None:
        """Begin with nothing played; `network` scores the fingers of `choice_inputs`."""
        self._network, self._timing, self._layout = network, timing, layout
        self._before = Partials.at_rest(layout, timing)
        self._seen: Sequence[StepNote] = ()
        self._fingers: dict[NoteName, int] = {}  # UNASSIGNED: more at once than fingers

    @property
    def fingers(self) -> dict[NoteName, int]:
        """Fingers that are decided of the notes in sight."""
        return dict(self._fingers)

    @property
    def notes(self) -> list[StepNote]:
        """Notes in sight that have fingers, by onset then key."""
        return [note.with_finger(finger) for note, finger in self._decided()]

    def _decided(self) -> Iterator[tuple[StepNote, int]]:
        """Return the notes in sight that have fingers, and these."""
        for note in self._seen:
            finger = self._fingers.get(note.name, UNASSIGNED)
            if finger != UNASSIGNED:
                yield note, finger

    def update(self, now: int, notes: Sequence[StepNote]) -> None:
        """Assign fingers to the notes that are now `COMMIT_S` away, or nearer and new.

        Args:
            now: Decision that begins.
            notes: Those of the next `LOOKAHEAD_S`, see `in_window`.
        """
        self._seen = notes
        names = [note.name for note in self._seen]
        self._fingers = {name: self._fingers[name] for name in names if name in self._fingers}
        self._extend_held()
        soon = now + self._timing.steps(COMMIT_S)
        due = [n for n in self._seen if n.first <= soon and n.name not in self._fingers]
        for group in by_onset(due):
            onset = onset_of(group)
            later = upcoming(self._seen, onset.first)
            inputs = choice_inputs(self._before, onset, later, self._timing)
            fingers = choose(self._network(inputs).astype(float), self._layout)
            self._before = follow(self._before, onset, fingers)
            self._fingers |= {n.name: f for n, f in zip(group, fingers.tolist(), strict=True)}

    def _extend_held(self) -> None:
        """Extend notes whose end has come into sight in the fingering so far."""
        until, hand_until = self._before.until.copy(), self._before.hand_until.copy()
        for note, finger in self._decided():
            if self._before.key[0, finger] == note.key:
                until[0, finger] = max(note.last, until[0, finger])
                hand = self._layout.side_of(finger)
                hand_until[0, hand] = max(note.last, hand_until[0, hand])
        self._before = replace(self._before, until=until, hand_until=hand_until)


def fingered(
    score: Score, timing: Timing, network: Callable[[Floats], Floats], layout: FingerLayout
) -> Score:
    """Return the score with the fingers that a `FingerMemory` assigns while playing it."""
    memory, goals = FingerMemory(network, timing, layout), ScoreGoals.of(score, timing)
    chosen: dict[NoteName, int] = {}
    for now in range(-timing.steps(COMMIT_S), goals.steps):
        memory.update(now, goals.notes_in(now, timing.steps(LOOKAHEAD_S) + 1))
        chosen |= memory.fingers
    return score.with_fingers([chosen[note.name] for note in goals.notes])
