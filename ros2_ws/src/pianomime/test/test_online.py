import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pianomime.evaluation.players import Options, planner
from pianomime.fingering.online import OnlineFingering
from pianomime.metrics.key_press import key_press_metrics
from pianomime.planning.online_planner import MAX_SKIPPED_S, OnlinePlanner
from pianomime.score.goal import Goal
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Note, Score
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import ROBOPIANIST_TIMING, Timing

TIMING = Timing()

SCALE = Score.from_notes(
    "scale",
    [Note(i * 0.3, i * 0.3 + 0.28, key) for i, key in enumerate((51, 53, 55, 56, 58, 56, 55))]
    + [Note(i * 0.6, i * 0.6 + 0.55, key) for i in range(3) for key in (27, 31, 34)],
)


@pytest.mark.parametrize("timing", [TIMING, ROBOPIANIST_TIMING], ids=["10 ms", "50 ms"])
def test_it_plays_a_scale_with_chords(shadow_hands, timing):
    simulation = PianoSimulation(shadow_hands, timing)
    goals = ScoreGoals.of(SCALE, timing)
    rollout = planner(SCALE, simulation, Options()).perform()
    assert key_press_metrics(goals.keys, rollout.pressed).f1 > 0.85
    assert not rollout.active[: -rollout.first].any()


def planner_and_goals(hands, score):
    return OnlinePlanner(hands, TIMING), ScoreGoals.of(score, TIMING)


def test_a_settled_note_keeps_its_finger_and_a_held_note_is_one(pianomime_hands):
    planner, goals = planner_and_goals(pianomime_hands, SCALE)
    fingering = OnlineFingering(TIMING, pianomime_hands.spec)
    fingers = {}
    for now in range(-20, goals.steps):
        for note in fingering.update(now, goals.notes_in(now, planner.horizon)):
            assert note.finger >= 0
            if note.first <= now + 4:
                assert fingers.setdefault((note.key, note.first), note.finger) == note.finger
    assert len(fingers) == len(SCALE.notes), "no note was taken for two"


def test_what_lies_beyond_the_lookahead_does_not_matter(pianomime_hands):
    later = Score.from_notes("later", [*SCALE.notes, Note(3.0, 3.5, 80)])
    commands = []
    for score in (SCALE, later):
        planner, goals = planner_and_goals(pianomime_hands, score)
        rest = np.zeros(len(pianomime_hands.joint_names))
        asked = [Goal.of(score, goals, step, planner.horizon) for step in range(20)]
        commands.append([planner.step(goal, rest).target for goal in asked])
    assert np.array_equal(*commands)


def test_it_begins_from_where_the_hands_are(pianomime_hands):
    middle = 0.5 * (pianomime_hands.lower + pianomime_hands.upper)
    planner = OnlinePlanner(pianomime_hands, TIMING, middle)
    nothing = Goal(TIMING, 15, planner.horizon, (), ())
    moved = np.abs(planner.step(nothing, middle).target - middle).mean()
    from_zero = OnlinePlanner(pianomime_hands, TIMING).step(nothing, middle).target
    assert moved < 0.5 * np.abs(from_zero - middle).mean()


@pytest.mark.parametrize("decision_s", [0.1, 0.2, 0.5])
def test_a_slow_machine_may_skip_decisions_of_any_length(pianomime_hands, decision_s):
    timing = Timing(decision_s=decision_s, command_s=0.02 if decision_s < 0.5 else 0.5)
    planner, goals = OnlinePlanner(pianomime_hands, timing), ScoreGoals.of(SCALE, timing)
    rest = np.zeros(len(pianomime_hands.joint_names))
    for now in (-1, 0, *(timing.steps(MAX_SKIPPED_S) * i for i in (1, 2, 3))):
        command = planner.step(Goal.of(SCALE, goals, now, planner.horizon), rest)
        assert command.target.shape == (timing.points, len(rest))
        assert np.isfinite(command.target).all()


rows = st.lists(
    st.lists(st.tuples(st.integers(0, 87), st.integers(1, 3)), max_size=11),
    min_size=21,
    max_size=23,
).filter(any)


@settings(max_examples=4, deadline=None)
@given(rows)
def test_any_goals_get_finite_commands(pianomime_hands, drawn):
    notes = [
        Note(TIMING.time_s(step), TIMING.time_s(step + lasts), key)
        for step, row in enumerate(drawn)
        for key, lasts in row
    ]
    check_finite_commands(pianomime_hands, Score.from_notes("any", notes), len(drawn) - 20)


def test_forty_notes_a_second_are_played_as_well_as_may_be(pianomime_hands):
    notes = [Note(i * 0.025, i * 0.025 + 0.02, 20 + (7 * i) % 50) for i in range(60)]
    check_finite_commands(pianomime_hands, Score.from_notes("storm", notes), 30)


def check_finite_commands(hands, score, steps):
    planner, goals = planner_and_goals(hands, score)
    rest = np.zeros(len(hands.joint_names))
    for now in range(steps):
        command = planner.step(Goal.of(score, goals, now, planner.horizon), rest)
        assert np.isfinite(command.target).all()
