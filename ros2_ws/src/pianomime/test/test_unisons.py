from dataclasses import replace

import pytest

from pianomime.score.score import Note
from pianomime.score.unisons import FASTEST_REPEAT_S, fast_repeats, merge_unisons


def test_a_held_key_is_held_through_a_unison():
    echo = Note(0.005, 0.25, 40, 90)
    assert merge_unisons([Note(0.0, 2.0, 40), echo]) == ([Note(0.0, 2.0, 40, 90)], [echo])


def test_a_key_that_is_struck_again_lasts_as_long_as_either():
    again, merged = merge_unisons([Note(0.0, 2.0, 40), Note(1.0, 1.25, 40)])
    assert again == [Note(0.0, 1.0, 40), Note(1.0, 2.0, 40)]
    assert not merged


def test_strikes_too_fast_for_a_key_are_one():
    fast = [Note(i * 0.025, (i + 1) * 0.025, 40) for i in range(6)]
    strikes, merged = merge_unisons(fast)
    assert [n.onset_s for n in strikes] == pytest.approx([0.0, 0.075])
    assert [n.offset_s for n in strikes] == pytest.approx([0.075, 0.15])
    assert len(merged) == 4


def test_repeated_notes_and_other_keys_stay():
    notes = [Note(0.0, 0.01, 40), Note(0.01, 0.5, 41), Note(0.07, 0.14, 40)]
    assert merge_unisons(notes) == (notes, [])


@pytest.mark.parametrize(("between_s", "fast"), [(FASTEST_REPEAT_S, 0), (0.07, 4)])
def test_repeats_beyond_the_hands_are_found(between_s, fast):
    notes = [Note(0.3 + i * between_s, 0.3 + (i + 0.5) * between_s, 40) for i in range(5)]
    other = [replace(note, key=41) for note in notes[::2]]
    found = fast_repeats(sorted(notes + other, key=lambda note: note.onset_s))
    assert found == notes[1 : 1 + fast]
