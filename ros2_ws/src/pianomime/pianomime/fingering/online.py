"""Choose fingers when only the next second of the music is known."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pianomime.fingering.costs import FingeringConfig, Partials
from pianomime.fingering.fingering import advance, search
from pianomime.fingering.problem import FingeringProblem
from pianomime.hands.fingers import UNASSIGNED
from pianomime.hands.hand_spec import HandSpec
from pianomime.score.step_notes import NoteName, StepNote, by_onset
from pianomime.timing import Timing

SETTLE_S: Final = 0.4
"""Time before its onset from which a note keeps its finger: the hand is on its way [s]."""

_BEAM: Final = 16


class OnlineFingering:
    """Fingers for a sliding window of notes; a note's finger is settled shortly before it."""

    def __init__(self, timing: Timing, spec: HandSpec) -> None:
        """Begin with nothing played by the hands of `spec`."""
        self._problem = FingeringProblem(timing, spec.layout, FingeringConfig.of(spec, beam=_BEAM))
        self._settle_steps = timing.steps(SETTLE_S)
        self._partials = Partials.at_rest(spec.layout, timing)
        self._fingers: dict[NoteName, int] = {}  # of the notes in sight
        self._settled: set[NoteName] = set()

    def update(self, now: int, notes: Sequence[StepNote]) -> list[StepNote]:
        """Return the notes in sight with their fingers.

        Args:
            now: Decision that begins.
            notes: Those in sight, see `in_window`; fingers given to them are not kept.
        """
        names = [note.name for note in notes]
        is_new = any(name not in self._fingers for name in names)
        self._fingers = {name: self._fingers.get(name, UNASSIGNED) for name in names}
        self._settled &= self._fingers.keys()
        self._hold(notes)
        if is_new:
            self._choose(notes)
        self._settle(now, notes)
        return self._fingered(notes)

    @property
    def settled(self) -> dict[NoteName, int]:
        """Fingers that are decided of the notes in sight."""
        return {name: self._fingers[name] for name in self._settled}

    def _fingered(self, notes: Sequence[StepNote]) -> list[StepNote]:
        return [note.with_finger(self._fingers[note.name]) for note in notes]

    def _hold(self, notes: Sequence[StepNote]) -> None:
        """Extend settled notes whose end has come into sight."""
        for note in notes:
            name = note.name
            finger = self._fingers[name]
            settled = name in self._settled and finger != UNASSIGNED
            if settled and self._partials.key[0, finger] == note.key:
                self._partials.until[0, finger] = note.last

    def _choose(self, notes: Sequence[StepNote]) -> None:
        """Search again over all notes that are not settled."""
        free = [n.with_finger(UNASSIGNED) for n in notes if n.name not in self._settled]
        self._fingers |= {note.name: UNASSIGNED for note in free}
        for note in search(self._partials, by_onset(free), self._problem):
            self._fingers[note.name] = note.finger

    def _settle(self, now: int, notes: Sequence[StepNote]) -> None:
        due = [
            note
            for note in self._fingered(notes)
            if note.name not in self._settled and note.first <= now + self._settle_steps
        ]
        problem = replace(self._problem, config=replace(self._problem.config, beam=1))
        for group in by_onset(note for note in due if note.finger != UNASSIGNED):
            self._partials, _ = advance(self._partials, group, problem)
        self._settled |= {note.name for note in due}
