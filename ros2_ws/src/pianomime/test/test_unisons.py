from pianomime.score.score import Note
from pianomime.score.unisons import merge_unisons


def test_a_held_key_is_held_through_a_unison():
    echo = Note(0.005, 0.25, 40, 90)
    assert merge_unisons([Note(0.0, 2.0, 40), echo]) == ([Note(0.0, 2.0, 40, 90)], [echo])


def test_a_key_that_is_struck_again_lasts_as_long_as_either():
    again, merged = merge_unisons([Note(0.0, 2.0, 40), Note(1.0, 1.25, 40)])
    assert again == [Note(0.0, 1.0, 40), Note(1.0, 2.0, 40)]
    assert not merged


def test_repeated_notes_and_other_keys_stay():
    notes = [Note(0.0, 0.01, 40), Note(0.01, 0.02, 40), Note(0.01, 0.5, 41)]
    assert merge_unisons(notes) == (notes, [])
