import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pianomime.evaluation.players import Options, planner
from pianomime.fingering.online import OnlineFingering
from pianomime.metrics.key_press import key_press_metrics
from pianomime.planning.online_planner import OnlinePlanner
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Note, Score
from pianomime.score.step_notes import StepNote
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import ROBOPIANIST_TIMING as TIMING

SCALE = Score.from_notes(
    "scale",
    [Note(i * 0.3, i * 0.3 + 0.28, key) for i, key in enumerate((51, 53, 55, 56, 58, 56, 55))]
    + [Note(i * 0.6, i * 0.6 + 0.55, key) for i in range(3) for key in (27, 31, 34)],
)


def test_it_plays_a_scale_with_chords_from_a_second_of_lookahead(hands):
    simulation = PianoSimulation(hands.model, TIMING)
    goals = ScoreGoals.of(SCALE, TIMING)
    rollout = planner(SCALE, simulation, Options()).perform()
    assert key_press_metrics(goals.keys, rollout.pressed).f1 > 0.85
    assert not rollout.active[: -rollout.first].any()


def test_a_settled_note_keeps_its_finger_and_a_held_note_stays_one():
    goals = key_goals(SCALE, CONTROL_DT_S)
    fingering = OnlineFingering(CONTROL_DT_S)
    fingers = {}
    for now in range(-20, len(goals.keys)):
        score, notes = fingering.update(now, goals.window(now, LOOKAHEAD + 1)[0])
        for note in notes:
            key, finger = score.notes[note.index].key, score.notes[note.index].finger
            assert finger >= 0
            if note.first <= now + 4:
                assert fingers.setdefault((key, note.first), finger) == finger
    assert len(fingers) == len(SCALE.notes), "no note was taken for two"


def test_what_lies_beyond_the_lookahead_does_not_matter(pianomime_hands):
    later = Score.from_notes("later", [*SCALE.notes, Note(3.0, 3.5, 80)])
    commands = []
    for score in (SCALE, later):
        goals, planner = key_goals(score, CONTROL_DT_S), OnlinePlanner(pianomime_hands, 0.05)
        rest = np.zeros(len(pianomime_hands.joint_names))
        windows = [goals.window(step, LOOKAHEAD + 1)[0] for step in range(20)]
        commands.append([planner.step(now, keys, rest) for now, keys in enumerate(windows)])
    assert np.array_equal(*commands)


def test_it_begins_from_where_the_hands_are(pianomime_hands):
    middle = 0.5 * (pianomime_hands.lower + pianomime_hands.upper)
    planner = OnlinePlanner(pianomime_hands, CONTROL_DT_S, middle)
    silence = np.zeros((LOOKAHEAD + 1, 88), bool)
    moved = np.abs(planner.step(15, silence, middle) - middle).mean()
    from_zero = OnlinePlanner(pianomime_hands, CONTROL_DT_S).step(15, silence, middle)
    assert moved < 0.5 * np.abs(from_zero - middle).mean()


windows = st.lists(
    st.lists(st.integers(0, 87), max_size=14), min_size=LOOKAHEAD + 1, max_size=LOOKAHEAD + 8
)


@settings(max_examples=10, deadline=None)
@given(windows)
def test_any_goals_get_finite_commands(pianomime_hands, drawn):
    keys = np.zeros((len(drawn), 88), bool)
    for row, wanted in enumerate(drawn):
        keys[row, wanted] = True
    planner = OnlinePlanner(pianomime_hands, CONTROL_DT_S)
    rest = np.zeros(len(pianomime_hands.joint_names))
    for now in range(len(keys) - LOOKAHEAD):
        assert np.isfinite(planner.step(now, keys[now : now + LOOKAHEAD + 1], rest)).all()


def test_forty_notes_a_second_are_played_as_well_as_may_be(pianomime_hands):
    notes = [Note(i * 0.025, i * 0.025 + 0.02, 20 + (7 * i) % 50) for i in range(60)]
    goals = key_goals(Score.from_notes("storm", notes), CONTROL_DT_S)
    planner = OnlinePlanner(pianomime_hands, CONTROL_DT_S)
    rest = np.zeros(len(pianomime_hands.joint_names))
    for now in range(len(goals.keys)):
        keys, _ = goals.window(now, LOOKAHEAD + 1)
        assert np.isfinite(planner.step(now, keys, rest)).all()
