"""What the network of fingers learns from: the search's fingers, also where the student erred."""

from typing import Final

import numpy as np

from pianomime.fingering.costs import FingeringConfig, Partials
from pianomime.fingering.fingering import assign_fingers, search
from pianomime.fingering.problem import FingeringProblem, onset_of
from pianomime.hands.fingers import UNASSIGNED
from pianomime.hands.hand_spec import HandSpec
from pianomime.learning.datasets import finger_pairs
from pianomime.learning.pairs import Pairs
from pianomime.policy.finger_choice import choice_inputs, choose, follow, upcoming
from pianomime.policy.networks.network import Network
from pianomime.score.score import Score
from pianomime.score.step_notes import by_onset, to_steps
from pianomime.timing import Timing

_ONSETS_AHEAD: Final = 8
"""Onsets that the teacher looks ahead where the student went; more change little."""

_BEAM: Final = 12


def taught(score: Score, timing: Timing, spec: HandSpec) -> Pairs:
    """Return the pairs along the teacher's fingering of a score."""
    fingered = assign_fingers(score, timing, spec)
    return finger_pairs(to_steps(fingered.notes, timing), timing, spec.layout)


def corrected(score: Score, student: Network, timing: Timing, spec: HandSpec) -> Pairs:
    """Return the pairs along the student's fingering, with the teacher's finger in each state."""
    groups = by_onset(to_steps(score.without_fingers().notes, timing))
    ordered = [note for group in groups for note in group]
    layout = spec.layout
    problem = FingeringProblem(timing, layout, FingeringConfig.of(spec, beam=_BEAM))
    before, inputs, fingers = Partials.at_rest(layout, timing), [], []
    for i, group in enumerate(groups):
        onset = onset_of(group)
        seen = choice_inputs(before, onset, upcoming(ordered, onset.first), timing)
        best = search(before, groups[i : i + _ONSETS_AHEAD], problem)
        finger_of = {note.index: note.finger for note in best}
        right = np.array([finger_of.get(note.index, UNASSIGNED) for note in group])
        played = right != UNASSIGNED
        inputs.append(seen[played])
        fingers.append(right[played])
        before = follow(before, onset, choose(student(seen).astype(float), layout))
    return Pairs.even(np.concatenate(inputs), np.concatenate(fingers))
