"""What the finger network learns from: the search's fingers, also where the student went astray."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.fingering.costs import FingeringConfig, Partials
from pianomime.fingering.fingering import assign_fingers, onset_groups, search
from pianomime.fingering.problem import FingeringProblem
from pianomime.hands.fingers import UNASSIGNED
from pianomime.learning.datasets import Pairs, finger_pairs
from pianomime.policy.finger_choice import choice_inputs, choose, follow, onsets
from pianomime.policy.mlp import Mlp
from pianomime.score.goals import KeyGoals, key_goals
from pianomime.score.score import Score
from pianomime.simulation.model import CONTROL_DT_S

Ints = NDArray[np.int64]

_ONSETS_AHEAD: Final = 8
"""How many onsets the teacher looks ahead where the student went: more change little."""

_BEAM: Final = 12


def note_table(score: Score, goals: KeyGoals) -> Ints:
    """Return first and last step, key and finger of each note by onset then key, (n, 4)."""
    rows = [
        (step.first, step.last, score.notes[step.index].key, score.notes[step.index].finger)
        for step in goals.notes
    ]
    return np.array(sorted(rows, key=lambda row: (row[0], row[2])), np.int64).reshape(-1, 4)


def taught(score: Score) -> Pairs:
    """Return the pairs along the teacher's fingering of a score."""
    goals = key_goals(score, CONTROL_DT_S)
    return finger_pairs(note_table(assign_fingers(score, goals, CONTROL_DT_S), goals))


def corrected(score: Score, student: Mlp) -> Pairs:
    """Return the pairs along the student's fingering, with what the teacher would do from there."""
    goals = key_goals(score, CONTROL_DT_S)
    score = score.without_fingers()
    table = note_table(score, goals)
    groups = onset_groups(goals.notes, score)
    problem = FingeringProblem.of(score, CONTROL_DT_S, FingeringConfig(beam=_BEAM))
    before, inputs, fingers = Partials.at_rest(), [], []
    for i, (onset, _) in enumerate(onsets(table)):
        later = table[np.searchsorted(table[:, 0], onset.first, side="right") :]
        seen = choice_inputs(before, onset, (later[:, 0], later[:, 1], later[:, 2]))
        best = search(before, groups[i : i + _ONSETS_AHEAD], problem)
        right = best[[note.index for note in groups[i]]]
        played = right != UNASSIGNED
        inputs.append(seen[played])
        fingers.append(right[played])
        before = follow(before, onset, choose(student(seen).astype(float)))
    return Pairs.even(np.concatenate(inputs), np.concatenate(fingers))
