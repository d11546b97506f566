from dataclasses import replace

import numpy as np
import pytest

from pianomime.refinement.objective import ObjectiveConfig, PracticeObjective
from pianomime.refinement.onset import Onset
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Note, Score
from pianomime.timing import ROBOPIANIST_TIMING as TIMING

LEAD_S = 0.5
SCORE = Score.from_notes(
    "scale", [Note(0.13 * i, 0.13 * i + 0.1, 40 + i % 5, velocity=60) for i in range(20)]
)
LOUD = replace(
    SCORE, notes=tuple(replace(n, velocity=40 + 3 * i) for i, n in enumerate(SCORE.notes))
)
GOALS = ScoreGoals.of(SCORE, TIMING)
ROWS = TIMING.steps(LEAD_S) + GOALS.steps
ACTIVE = np.concatenate((np.zeros((TIMING.steps(LEAD_S), 88), bool), GOALS.keys))
NOTE = ROWS / 20  # share of a note in the value of the song
LATE_S = 0.03


def objective(score=SCORE, **weights):
    made = PracticeObjective(score, GOALS, LEAD_S, ObjectiveConfig(**weights))
    made.lateness_s = LATE_S
    return made


def strikes(score=SCORE, late_s=LATE_S):
    return [Onset(n.onset_s + LEAD_S + late_s, n.key, n.velocity) for n in score.notes]


def moved(place, by_s):
    struck = strikes()
    struck[place] = struck[place].later(by_s)
    return sorted(struck)


def loss(struck, score=SCORE, **weights):
    """Return the loss of all notes, in notes."""
    return (ROWS - objective(score, **weights).value(0, ACTIVE, struck)) / NOTE


def test_a_perfect_take_has_value_one():
    quality = objective().quality(ACTIVE, strikes(late_s=0.07))
    assert (quality.value, quality.f1, quality.note_f1) == (1, 1, 1)
    assert quality.lateness_s == pytest.approx(0.07)
    silent = objective().quality(np.zeros_like(ACTIVE), [])
    assert (silent.note_f1, silent.lateness_s) == (0, 0)


def test_note_faults_cost_their_share_of_note_f1():
    missing = strikes()[1:]
    extra = [*strikes(), Onset(LEAD_S + 2.7, 80, 60)]
    assert loss(missing) == pytest.approx(0.5)
    assert loss(extra) == pytest.approx(0.5)
    assert loss(moved(7, 0.12)) == loss(moved(7, -0.12)) == pytest.approx(1)
    assert loss(moved(7, 0.12), note_weight=0.5) == pytest.approx(0.5)


def test_a_strike_costs_more_the_less_it_is_in_time():
    assert loss(moved(7, 0.01)) == pytest.approx(0, abs=1e-9)
    assert 0.05 < loss(moved(7, 0.025)) < 0.1
    assert 0.3 < loss(moved(7, -0.045)) < 0.5
    assert loss(moved(7, 0.09)) == pytest.approx(0.5), "no worse than missing"
    (fault,) = objective().faults(0, ACTIVE, moved(7, 0.09))
    assert fault.late_s == pytest.approx(0.09)


def test_velocity_counts_on_music_with_dynamics_only():
    louder = [onset._replace(velocity=onset.velocity + 28) for onset in strikes()]
    assert loss(louder) == 0
    louder = [onset._replace(velocity=onset.velocity + 28) for onset in strikes(LOUD)]
    assert loss(louder, LOUD) == pytest.approx(20 * 0.25 / 2 / 2)
    assert loss(louder, LOUD, velocity_weight=0.0) == 0


@pytest.mark.parametrize("length", [1, 7, 12])
def test_stretches_add_up_to_the_song(length):
    rng = np.random.default_rng(length)
    struck = [o.later(rng.normal() * 0.03) for o in strikes() if rng.uniform() < 0.9]
    struck = sorted([*struck, *(Onset(t, 42, 60) for t in rng.uniform(0, 3, 10))])
    whole = objective()
    parts = [whole.value(row, ACTIVE[row : row + length], struck) for row in range(0, ROWS, length)]
    assert loss(struck) > 3
    assert sum(parts) == pytest.approx(whole.value(0, ACTIVE, struck))


def test_faults_between_decision_ends_are_found():
    struck = sorted([*moved(7, 0.02), Onset(LEAD_S + 1.01, 80, 60)])
    struck.remove(strikes()[12])
    faults = objective().faults(0, ACTIVE, struck)
    lead = TIMING.steps(LEAD_S)
    late, missing = GOALS.notes[7], GOALS.notes[12]
    assert [(f.row, f.key) for f in faults] == [
        (lead + late.first, late.key),
        (lead + missing.first, missing.key),
        (lead + 20, 80),
    ]
    assert faults[0].late_s == pytest.approx(0.02)
    assert sum(f.loss for f in faults) == pytest.approx(ROWS - objective().value(0, ACTIVE, struck))
    after = lead + 21
    assert objective().faults(after, ACTIVE[after : after + 5], struck) == []


def test_wrong_keys_at_decision_ends_are_faults():
    row = TIMING.steps(LEAD_S) + GOALS.notes[3].first
    active = ACTIVE.copy()
    active[row, 80] = True
    (fault,) = objective().faults(0, active, strikes())
    assert (fault.row, fault.key) == (row, 80)
    assert fault.loss == pytest.approx(1 - 2 / 3)
