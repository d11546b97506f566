import numpy as np
import pytest

from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Note, PedalEvent, Score
from pianomime.timing import ROBOPIANIST_TIMING as TIMING


def goals(*notes, pedal=()):
    score = Score.from_notes("song", [Note(*note) for note in notes], pedal)
    return ScoreGoals.of(score, TIMING)


def steps(keys, key):
    return np.flatnonzero(keys[:, key]).tolist()


def test_a_note_covers_its_steps():
    assert steps(goals((0.1, 0.3, 40)).keys, 40) == [2, 3, 4, 5]


def test_the_shortest_note_covers_one_step():
    assert steps(goals((0.1, 0.101, 40)).keys, 40) == [2]


def test_a_repeated_note_is_let_go_for_one_step_before():
    assert steps(goals((0.0, 0.25, 40), (0.25, 0.5, 40)).keys, 40) == [0, 1, 2, 3, 5, 6, 7, 8, 9]


def test_a_repetition_too_fast_for_a_gap_keeps_both_onsets():
    assert steps(goals((0.0, 0.05, 40), (0.05, 0.1, 40)).keys, 40) == [0, 1]


def test_the_pedal_follows_its_events():
    sustain = goals((0.0, 0.5, 40), pedal=[PedalEvent(0.1, True), PedalEvent(0.3, False)]).sustain
    assert np.flatnonzero(sustain).tolist() == [2, 3, 4, 5]


def test_a_window_is_empty_outside_the_score():
    score_goals = goals((0.0, 0.15, 40), pedal=[PedalEvent(0.0, True)])
    assert steps(score_goals.keys_in(-2, 7), 40) == [2, 3, 4]
    assert [bool(score_goals.sustain_at(step)) for step in range(-2, 5)] == [
        *(False, False),
        *(True, True, True),
        *(False, False),
    ]
    assert not score_goals.keys_in(100, 3).any()


def test_repeated_notes_of_robopianist_differ_in_one_step_only(tmp_path):
    note_seq = pytest.importorskip("note_seq")
    from pianomime.simulation.stand_ins import stand_in_for_audio

    stand_in_for_audio()
    from robopianist.music.midi_file import MidiFile, NoteTrajectory

    sequence = note_seq.NoteSequence()
    for onset, offset, pitch in ((0.0, 0.5, 60), (0.5, 1.0, 62), (1.0, 1.5, 64)):
        sequence.notes.add(start_time=onset, end_time=offset, pitch=pitch, velocity=80)
    sequence.total_time = 1.5
    theirs = NoteTrajectory.from_midi(MidiFile(seq=sequence), TIMING.decision_s)
    ours = goals((0.0, 0.5, 39, 80), (0.5, 1.0, 41, 80), (1.0, 1.5, 43, 80))
    for step, notes in enumerate(theirs.notes[: len(ours.keys)]):
        assert {note.key for note in notes} == set(np.flatnonzero(ours.keys[step]))
