import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pianomime.fingering.fingering import FingeringConfig, assign_fingers, dropped_notes
from pianomime.hands.embodiment import embodiment
from pianomime.hands.fingers import SIDES
from pianomime.hands.kinematics import HandKinematics
from pianomime.piano.geometry import key_name
from pianomime.score.score import Note, Score
from pianomime.score.step_notes import to_steps
from pianomime.timing import ROBOPIANIST_TIMING as TIMING

STEP_S = TIMING.decision_s
SHADOW = embodiment("pianomime")


def finger(*notes, **config):
    score = Score.from_notes("song", [Note(*note) for note in notes])
    return assign_fingers(score, TIMING, SHADOW, FingeringConfig(**config))


@pytest.mark.parametrize("side", range(len(SIDES)))
def test_fingers_are_where_they_are_described(hands, side):
    layout, kinematics = hands.spec.layout, HandKinematics(hands, side)
    y = kinematics.fingertips(kinematics.relaxed[None]).position[0, :, 1]
    places = (y - y[layout.reference])[1:]  # the thumbs of the Shadow hands are placed nearer
    assert places == pytest.approx(layout.offset_m[layout.of_side(side)][1:], abs=0.0005)


@pytest.mark.parametrize("side", range(len(SIDES)))
def test_places_and_stretches_are_measured_on_the_shadow_hands(shadow_hands, side):
    layout, kinematics = shadow_hands.spec.layout, HandKinematics(shadow_hands, side)
    tips = kinematics.fingertips(kinematics.relaxed[None])
    x, y, _ = tips.position[0].T
    jacobian, mine = tips.jacobian()[0], layout.of_side(side)
    depth = x - x[layout.reference]
    assert depth[0] - layout.depth_m[mine][0] == pytest.approx(0.022, abs=0.001)
    assert depth[1:] == pytest.approx(layout.depth_m[mine][1:], abs=0.0005)
    assert abs(y[0] - y[2]) - abs(layout.offset_m[mine][0]) == pytest.approx(0.019, abs=0.001)
    for finger in range(layout.per_hand):
        own = jacobian[finger][1:, kinematics.own[finger] > 0]  # along y and up
        turn = np.linalg.lstsq(own, np.array([1.0, 0.0]), rcond=None)[0]  # for 1 m along y
        assert 0.25 / np.linalg.norm(turn) == pytest.approx(layout.give_m[mine][finger], abs=0.0021)


def test_a_right_hand_scale_rises_with_its_fingers():
    notes = [(i * 0.4, i * 0.4 + 0.38, key) for i, key in enumerate((51, 53, 55, 56, 58))]
    fingered = finger(*notes)
    assert [n.finger for n in fingered.notes] == [5, 6, 7, 8, 9]


def test_low_and_high_chords_go_to_their_hands():
    low = [(0.0, 1.0, key) for key in (15, 19, 22)]
    high = [(0.0, 1.0, key) for key in (63, 67, 70)]
    fingered = finger(*low, *high)
    assert [n.finger // 5 for n in fingered.notes] == [0, 0, 0, 1, 1, 1]


def test_fingers_that_are_given_stay():
    fingered = finger((0.0, 0.5, 40, 64, 9), (1.0, 1.5, 42))
    assert fingered.notes[0].finger == 9


def test_given_fingers_that_cannot_play_are_not_kept():
    thumb, little, two_octaves = 5, 9, 24
    fingered = finger((0.0, 1.0, 40, 64, thumb), (0.0, 1.0, 40 + two_octaves, 64, little))
    assert [note.finger // 5 for note in fingered.notes] == [0, 1]


def test_of_eleven_notes_one_inner_note_is_dropped():
    fingered = finger(*[(0.0, 1.0, 30 + 2 * i) for i in range(11)])
    dropped = [i for i, note in enumerate(fingered.notes) if note.finger < 0]
    assert len(dropped) == 1
    assert dropped[0] not in (0, 10)


notes = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 20), st.integers(0, 87)), min_size=1, max_size=40
)


@settings(max_examples=40, deadline=None)
@given(notes)
def test_no_finger_strikes_two_keys_at_once(drawn):
    fingered = finger(*[(a * STEP_S, (a + n) * STEP_S, key) for a, n, key in drawn], beam=8)
    struck = [
        (note.first, note.finger) for note in to_steps(fingered.notes, TIMING) if note.finger >= 0
    ]
    assert struck
    assert len(struck) == len(set(struck))


def test_what_is_dropped_is_named():
    fingered = finger((0.5, 1.0, 3), *[(1.0, 2.0, 30 + 2 * i) for i in range(11)])
    left_out = [note for note in fingered.notes if note.finger < 0]
    assert left_out
    assert dropped_notes(fingered) == [f"{key_name(note.key)} at 1.00 s" for note in left_out]


@settings(max_examples=20, deadline=None)
@given(notes)
def test_every_note_has_a_finger_or_is_named(drawn):
    fingered = finger(*[(a * STEP_S, (a + n) * STEP_S, key) for a, n, key in drawn], beam=4)
    named = set(dropped_notes(fingered))
    for note in fingered.notes:
        name = f"{key_name(note.key)} at {note.onset_s:.2f} s"
        assert (note.finger < 0) == (name in named)


def test_of_what_cannot_be_reached_inner_notes_go():
    # Without the lowest the rest would be easier, but the bass is worth more.
    fingered = finger(*[(0.0, 1.0, key) for key in (15, 34, 37, 65)])
    assert dropped_notes(fingered) == [f"{key_name(key)} at 0.00 s" for key in (34, 37)]


def test_of_a_chord_beyond_reach_the_rest_is_played():
    # White keys two octaves and a half apart, six at once, for each hand.
    fingered = finger(*[(0.0, 1.0, key) for key in (3, 15, 27, 39, 51, 63, 75, 87)])
    fingers = [note.finger for note in fingered.notes]
    assert -1 in fingers
    assert max(fingers) >= 0


def test_a_held_note_is_cut_short_rather_than_a_new_one_lost():
    held = [(0.0, 5.0, 30 + 2 * i) for i in range(10)]
    fingered = finger(*held, (2.0, 2.5, 41))
    assert all(note.finger >= 0 for note in fingered.notes)


def test_melody_and_bass_stay_where_a_chord_is_too_wide():
    fingered = finger(*[(0.0, 1.0, key) for key in (15, 34, 43, 51, 63)])
    played = [note.key for note in fingered.notes if note.finger >= 0]
    assert {15, 63} < set(played)
    assert len(played) < 5


@pytest.mark.parametrize(("depth", "lowest"), [(0.0, 5), (FingeringConfig.depth, 6)])
def test_no_thumb_on_a_black_key_under_white_ones(depth, lowest):
    left, right = (15, 22), (57, 62, 65)  # of the right hand's keys the lowest is black
    fingered = finger(*[(0.0, 1.0, key) for key in left + right], depth=depth)
    assert fingered.notes[2].finger == lowest


def test_no_note_of_a_leap_is_dropped_in_vain():
    first, second = (15, 19, 22, 51, 55, 58), (39, 43, 46, 75, 79, 82)  # two octaves in 0.2 s
    leap = [(0.0, 0.1, key) for key in first] + [(0.2, 0.5, key) for key in second]
    assert dropped_notes(finger(*leap)) == []
