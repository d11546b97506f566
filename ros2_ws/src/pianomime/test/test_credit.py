"""Notes are credited to the fingers of whoever played at their onsets."""

import pytest

from pianomime.hands.fingers import UNASSIGNED
from pianomime.performance.credit import Credit
from pianomime.score.score import Note, Score

SCORE = Score.from_notes("song", [Note(i * 1.0, i + 0.5, 40 + i, finger=9) for i in range(5)])


@pytest.fixture
def credit():
    credit = Credit()
    credit.add_fingering("expert", dict(enumerate([5, 6, 7, 8, UNASSIGNED])))
    credit.add_fingering("policy", {2: 0, 3: 1})
    return credit


def fingers(credit):
    return [note.finger for note in credit.fingered(SCORE).notes]


def test_the_owner_at_the_onset_played_the_note(credit):
    credit.add_owner("expert", -1.0)
    assert fingers(credit) == [5, 6, 7, 8, UNASSIGNED]
    credit.add_owner("policy", 1.5)  # in the middle of the second note
    credit.add_owner("policy", 1.55)
    assert fingers(credit) == [5, 6, 0, 1, UNASSIGNED]
    credit.add_owner("expert", 3.0)
    assert fingers(credit) == [5, 6, 0, 8, UNASSIGNED]


def test_who_was_first_heard_of_late_played_from_the_start(credit):
    credit.add_owner("expert", 2.5)
    assert fingers(credit) == [5, 6, 7, 8, UNASSIGNED]


def test_what_a_controller_has_not_chosen_is_nobodys(credit):
    assert fingers(credit) == [UNASSIGNED] * 5, "nobody owned the hands"
    credit.add_owner("policy", 0.0)
    assert fingers(credit) == [UNASSIGNED, UNASSIGNED, 0, 1, UNASSIGNED]
    credit.add_fingering("policy", {3: 2, 4: 3})  # chosen again, and further
    assert fingers(credit) == [UNASSIGNED, UNASSIGNED, 0, 2, 3]


def test_only_the_fingers_change(credit):
    assert credit.fingered(SCORE).with_fingers([9] * 5) == SCORE
