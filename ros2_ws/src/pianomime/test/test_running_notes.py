"""Note metrics of a song in progress."""

import pytest

from pianomime.metrics.notes import WINDOW_S, note_metrics
from pianomime.performance.running_notes import RECENT_S, RunningNotes
from pianomime.piano.geometry import LOWEST_PITCH
from pianomime.score.score import Note, PedalEvent, Score
from pianomime.simulation.simulation import MidiEvent, MidiKind

BEGINS_S = 7.0
LATE_S = 0.04
SCORE = Score.from_notes(
    "song",
    [Note(i * 0.5, i * 0.5 + 0.4, 40 + i % 5) for i in range(400)],
    [PedalEvent(10.0, True), PedalEvent(190.0, False)],
)


def played(score, *, missing=()):
    """Return the events of a performance 40 ms late, by time."""
    events = []
    for i, note in enumerate(score.notes):
        if i not in missing:
            for kind, time_s in (
                (MidiKind.NOTE_ON, note.onset_s),
                (MidiKind.NOTE_OFF, note.offset_s),
            ):
                at_s = BEGINS_S + time_s + LATE_S
                events.append(MidiEvent(at_s, kind, note.key + LOWEST_PITCH, note.velocity))
    for event in score.pedal:
        at_s = BEGINS_S + event.time_s + LATE_S
        events.append(MidiEvent(at_s, MidiKind.CONTROL, 64, 127 * event.down))
    return sorted(events, key=lambda event: event.time_s)


def after(events, until_s, since_s=-1.0):
    """Return the notes of a song that is followed from `since_s` to `until_s` [s]."""
    notes = RunningNotes(SCORE, BEGINS_S)
    notes.reach(since_s)
    for event in events:
        if since_s <= event.time_s - BEGINS_S <= until_s:
            notes.add(event)
    notes.reach(until_s)
    return notes


def test_the_last_minute_is_judged_while_it_is_played():
    notes = after(played(SCORE, missing=(3, 280, 399)), 150.0)
    got = notes.metrics()
    assert not notes.is_over
    assert got.lateness_s == pytest.approx(LATE_S)
    assert got.missing_per_100 == pytest.approx(100 / (2 * RECENT_S)), (
        "of the last minute, only 280"
    )
    assert got.extra_per_100 == 0.0
    assert got.pedal_f1 == 1.0, "it is down throughout"


def test_notes_at_the_edge_are_judged_with_their_strikes():
    notes = after(played(SCORE), 100.0)
    notes.metrics()  # finds the lateness
    for judged_s in (95.01, 95.03, 95.05):  # a note begins at 95 s, and another a minute before
        notes.reach(judged_s + WINDOW_S)
        got = notes.metrics()
        assert (got.missing_per_100, got.extra_per_100) == (0.0, 0.0)


def test_at_its_end_the_whole_song_is_judged():
    events = played(SCORE, missing=(3, 280, 399))
    notes = after(events, 200.5)
    assert notes.is_over
    struck = [
        Note(n.onset_s + LATE_S, n.offset_s + LATE_S, n.key)
        for i, n in enumerate(SCORE.notes)
        if i not in (3, 280, 399)
    ]
    pedal = [PedalEvent(event.time_s + LATE_S, event.down) for event in SCORE.pedal]
    whole = note_metrics(SCORE, struck, pedal)
    assert vars(notes.metrics()) == pytest.approx(vars(whole))


def test_what_came_before_an_observer_is_not_missing():
    assert after(played(SCORE), 90.0, since_s=60.0).metrics().missing_per_100 == 0.0


def test_there_is_nothing_to_judge_before_the_first_note():
    assert RunningNotes(SCORE, BEGINS_S).metrics() is None
    assert after([], 0.1).metrics() is None
