import pytest

from pianomime.errors import ScoreError
from pianomime.score.score import Note, PedalEvent, Score


def score(*notes, pedal=()):
    return Score.from_notes("song", [Note(*note) for note in notes], pedal)


def test_notes_are_sorted_by_onset_then_key():
    notes = score((1.0, 2.0, 50), (0.0, 1.0, 60), (0.0, 1.0, 40)).notes
    assert [(n.onset_s, n.key) for n in notes] == [(0.0, 40), (0.0, 60), (1.0, 50)]


def test_a_note_ends_where_its_key_is_struck_again():
    first, second = score((0.0, 2.0, 40), (1.0, 3.0, 40)).notes
    assert (first.offset_s, second.onset_s) == (1.0, 1.0)


def test_of_two_equal_onsets_the_longer_stays():
    assert [n.offset_s for n in score((0.0, 1.0, 40), (0.0, 2.0, 40)).notes] == [2.0]


def test_transposition_moves_keys_and_forgets_fingers():
    moved = score((0.0, 1.0, 40, 64, 7)).transposed(12)
    assert (moved.notes[0].key, moved.notes[0].finger) == (52, -1)
    with pytest.raises(ScoreError, match="outside A0-C8"):
        moved.transposed(40)


def test_stretch_and_trim_move_notes_and_pedal():
    slow = score((1.0, 2.0, 40), pedal=[PedalEvent(1.5, True)]).stretched(2.0)
    assert (slow.notes[0].onset_s, slow.duration_s, slow.pedal[0].time_s) == (2.0, 4.0, 3.0)
    trimmed = slow.trimmed()
    assert (trimmed.notes[0].onset_s, trimmed.duration_s, trimmed.pedal[0].time_s) == (0, 2, 1)


def test_a_cut_lifts_a_pedal_that_is_down():
    whole = score((0.0, 4.0, 40), pedal=[PedalEvent(1.0, True), PedalEvent(3.0, False)])
    assert whole.until(2.0).pedal == (PedalEvent(1.0, True), PedalEvent(2.0, False))
    assert whole.until(0.5).pedal == ()
    assert whole.until(3.5).pedal == whole.pedal


@pytest.mark.parametrize("factor", [0.0, -1.0, float("nan"), float("inf")])
def test_a_stretch_has_to_be_positive(factor):
    with pytest.raises(ScoreError, match="positive"):
        score((0.0, 1.0, 40)).stretched(factor)


def test_the_hash_is_of_the_music_alone():
    one = score((0.0, 1.0, 40))
    assert one.sha256 == one.with_fingers([3]).sha256
    assert one.sha256 != one.transposed(1).sha256
    assert one.sha256 != score((0.0, 1.0, 40), pedal=[PedalEvent(0.0, True)]).sha256


@pytest.mark.parametrize(
    ("note", "message"),
    [
        (Note(0.0, 0.0, 40), "note C#4 at 0.000 s lasts 0.000 s"),
        (Note(1.0, 0.5, 40), "note C#4 at 1.000 s lasts -0.500 s"),
        (Note(-1.0, 0.5, 40), "starts before the score"),
        (Note(0.0, 1.0, 88), r"C#8 at 0.000 s \(MIDI 109\) is outside A0-C8"),
        (Note(0.0, 1.0, -1), r"G#0 at 0.000 s \(MIDI 20\) is outside A0-C8"),
        (Note(0.0, float("nan"), 40), "not finite"),
        (Note(0.0, 1.0, 40, 0), "velocity 0; must be in 1..127"),
        (Note(0.0, 1.0, 40, 64, 10), "finger 10"),
    ],
)
def test_an_impossible_note_is_named(note, message):
    with pytest.raises(ScoreError, match=message):
        Score.from_notes("song", [note])


def test_no_notes_and_too_many_are_refused(monkeypatch):
    with pytest.raises(ScoreError, match="no notes"):
        Score.from_notes("song", [])
    monkeypatch.setattr("pianomime.score.score.MAX_NOTES", 2)
    with pytest.raises(ScoreError, match="3 notes; at most 2"):
        score((0.0, 1.0, 40), (1.0, 2.0, 40), (2.0, 3.0, 40))
