"""A goal holds what a controller has to know of the score, and nothing is lost on the way."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pianomime.score.goal import Goal
from pianomime.score.goals import ScoreGoals
from pianomime.score.message import notes_from, pedal_from
from pianomime.score.score import Note, PedalEvent, Score
from pianomime.score.step_notes import key_matrix
from pianomime.timing import ROBOPIANIST_TIMING, Timing

TIMINGS = [ROBOPIANIST_TIMING, Timing(command_s=0.01)]

times_s = st.floats(0.0, 0.8) | st.integers(0, 16).map(lambda step: step * 0.05)
notes = st.lists(  # few keys, so that many are struck again, some of them at once
    st.builds(
        lambda onset_s, lasts_s, *rest: Note(onset_s, onset_s + lasts_s, *rest),
        times_s,
        st.floats(0.001, 0.6) | st.integers(1, 8).map(lambda steps: steps * 0.05),
        st.integers(40, 43),
        st.integers(1, 127),
        st.integers(-1, 9),
    ),
    min_size=1,
    max_size=12,
)
pedals = st.lists(st.builds(PedalEvent, times_s, st.booleans()), max_size=6)


def sent(goal):
    """Return the goal that is made of what a message carries of another."""
    timing = Timing(decision_s=goal.timing.decision_s, command_s=goal.timing.command_s)
    messages = [
        SimpleNamespace(**{name: getattr(note, name) for name in Note.__slots__})
        for note in goal.notes
    ]
    changes = [SimpleNamespace(time_s=event.time_s, down=event.down) for event in goal.pedal]
    return Goal(
        timing,
        timing.steps(goal.timing.time_s(goal.step)),
        timing.steps(goal.timing.time_s(goal.horizon)),
        notes_from(messages),
        tuple(goal.index),
        pedal_from(changes),
    )


@pytest.mark.parametrize("timing", TIMINGS, ids=["50 ms", "10 ms"])
@settings(max_examples=100, deadline=None)
@given(notes=notes, pedal=pedals, horizon=st.integers(1, 12))
@example(notes=[Note(0.0, 0.5, 40)], pedal=[PedalEvent(0.0, True)], horizon=2)
@example(notes=[Note(0.0, 0.5, 40)], pedal=[PedalEvent(0.054, True)], horizon=1)
@example(notes=[Note(i * 0.1, i * 0.1 + 0.1, 40) for i in range(6)], pedal=[], horizon=3)
@example(notes=[Note(i * 0.02, i * 0.02 + 0.02, 40) for i in range(9)], pedal=[], horizon=3)
def test_a_goal_gives_what_the_score_asks_for(timing, notes, pedal, horizon):
    score = Score.from_notes("song", notes, pedal)
    goals = ScoreGoals.of(score, timing)
    silence = np.zeros((horizon + 3, 88), bool)
    keys = np.concatenate([silence, goals.keys, silence])
    for row in range(goals.steps + horizon + 3):
        step = row - horizon - 3
        goal = sent(Goal.of(score, goals, step, horizon))
        window = keys[row : row + horizon]
        assert goal.step_notes == goals.notes_in(step, horizon)
        assert [note.finger for note in goal.step_notes] == [
            score.notes[note.index].finger for note in goal.step_notes
        ]
        assert np.array_equal(goal.keys, window[0])
        assert np.array_equal(goals.keys_in(step, horizon), window)
        assert np.array_equal(key_matrix(goal.step_notes, step, horizon), window)
        assert np.array_equal(goal.sustain, goals.sustain_at(step))


def test_a_goal_has_exact_times_and_the_last_pedal_change_before():
    score = Score.from_notes(
        "song",
        [Note(0.012, 0.311, 40), Note(0.47, 0.6, 40), Note(5.0, 6.0, 41)],
        [PedalEvent(0.1, True), PedalEvent(0.2, False), PedalEvent(0.33, True)],
    )
    goals = ScoreGoals.of(score, ROBOPIANIST_TIMING)
    goal = Goal.of(score, goals, step=5, horizon=3)
    assert (goal.notes, goal.index) == (score.notes[:1], (0,))
    assert goal.pedal == score.pedal[1:], "from 0.25 s to 0.4 s, and what held before"
    assert Goal.of(score, goals, step=5, horizon=5).index == (0, 1)
    after = Goal.of(score, goals, goals.steps, 5)
    assert (after.notes, after.pedal) == ((), ())
    assert not after.keys.any()
    assert not after.sustain.any()
