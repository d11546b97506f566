import os
from pathlib import Path

import mido
import pretty_midi
import pytest

from pianomime.errors import OutputError, ScoreError
from pianomime.score.faults import Fault, faults_line
from pianomime.score.midi import MAX_BYTES, load_score, read_song, save_midi
from pianomime.score.midi_sequence import SHORTEST_S
from pianomime.score.score import Note, PedalEvent, Score


def write(path, messages, tempo=500_000):
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=tempo), *messages])
    mido.MidiFile(tracks=[track], ticks_per_beat=480).save(path)
    return path


def on(note, time=0, velocity=64):
    return mido.Message("note_on", note=note, velocity=velocity, time=time)


def off(note, time=480):
    return mido.Message("note_off", note=note, time=time)


def test_what_is_saved_comes_back(tmp_path):
    score = Score.from_notes(
        "song",
        [Note(0.0, 0.5, 39, 80), Note(0.5, 1.0, 43, 30), Note(0.5, 1.5, 87, 127)],
        [PedalEvent(0.25, True), PedalEvent(1.0, False)],
    )
    save_midi(score, tmp_path / "song.mid")
    back = load_score(tmp_path / "song.mid")
    assert [(n.key, n.velocity) for n in back.notes] == [(n.key, n.velocity) for n in score.notes]
    for got, want in zip(back.notes, score.notes, strict=True):
        assert got.onset_s == pytest.approx(want.onset_s, abs=1e-3)
        assert got.offset_s == pytest.approx(want.offset_s, abs=1e-3)
    assert [event.down for event in back.pedal] == [True, False]


def test_tempo_changes_are_applied(tmp_path):
    slower = mido.MetaMessage("set_tempo", tempo=1_000_000)
    path = write(tmp_path / "a.mid", [on(60), off(60), slower, on(62), off(62)])
    first, second = load_score(path).notes
    assert first.offset_s == pytest.approx(0.5)
    assert second.offset_s == pytest.approx(1.5)


def test_a_note_may_end_in_the_tick_in_which_it_is_struck_again(tmp_path):
    path = write(tmp_path / "a.mid", [on(60), on(60, 480), off(60, 0), off(60, 480)])
    first, second = load_score(path).notes
    assert first.offset_s == pytest.approx(second.onset_s) == pytest.approx(0.5)
    assert second.offset_s == pytest.approx(1.0)


def test_a_note_that_never_ends_does_so_with_its_track(tmp_path):
    ends = mido.MetaMessage("end_of_track", time=240)
    path = write(tmp_path / "a.mid", [on(60), on(64, 480), on(67), off(67, 240), ends])
    lasts = {note.key: (note.onset_s, note.offset_s) for note in load_score(path).notes}
    assert lasts[39] == pytest.approx((0.0, 1.0))
    assert lasts[43] == pytest.approx((0.5, 1.0))
    assert lasts[46] == pytest.approx((0.5, 0.75))


def test_drums_are_left_out(tmp_path):
    drum = [on(40).copy(channel=9), off(40).copy(channel=9)]
    path = write(tmp_path / "a.mid", [*drum, on(60), off(60)])
    assert [note.key for note in load_score(path).notes] == [39]


def test_a_file_that_is_cut_off_is_read_up_to_there(tmp_path):
    path = write(tmp_path / "a.mid", [on(60), off(60)] * 50)
    path.write_bytes(path.read_bytes()[:60])
    song = read_song(path)
    assert [note.onset_s for note in song.parts[0].notes] == [0.0, 0.5, 1.0, 1.5]
    assert {Fault.TRACK_LENGTH, Fault.NO_END, Fault.ENDLESS} <= set(song.faults)


def test_notes_of_no_length_get_one_and_are_counted(tmp_path):
    path = write(tmp_path / "a.mid", [on(60), off(60, 0), on(62), off(62)])
    song = read_song(path)
    assert [n.offset_s - n.onset_s for n in song.parts[0].notes] == [SHORTEST_S, 0.5]
    assert faults_line(song.faults) == "notes of zero length: 1"


def test_a_name_that_is_not_utf8_is_shown_without_those_bytes(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/f\xfcr.mid"))
    write(path, [on(60), off(60)])
    assert load_score(path).title == "f\ufffdr"
    path.write_bytes(b"")
    with pytest.raises(ScoreError, match="r\\.mid: an empty file"):
        load_score(path)


def broken_header(path):
    path.write_bytes(b"MThd\x00\x00\x00\x06\x00")
    return path


def endless(path):
    write(path, [on(60), off(60, 9_900_000)])
    file = mido.MidiFile(path)
    file.ticks_per_beat = 1
    file.save(path)
    return path


def too_large(path):
    path.write_bytes(b"MThd" + bytes(MAX_BYTES))
    return path


CASES = {
    "text": (lambda p: p.write_text("hello") and p, "not a MIDI file: it has no MThd header"),
    "empty": (lambda p: p.write_bytes(b"") or p, "an empty file"),
    "broken header": (broken_header, "the MIDI header is cut off"),
    "no notes": (lambda p: write(p, []), "the score has no notes"),
    "only drums": (
        lambda p: write(p, [on(40).copy(channel=9), off(40).copy(channel=9)]),
        r"no part has pitches; there are: 1 \(drums, 1 notes\)",
    ),
    "endless": (endless, r"bad: lasts 1375.0 h; at most 12 can be played"),
    "too large": (too_large, "10,485,764 bytes; at most 10,485,760 can be read"),
    "missing": (lambda p: p, "No such file"),
    "folder": (lambda p: p.mkdir() or p, "not a file"),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_files_give_one_line_that_names_them(tmp_path, case):
    make, message = CASES[case]
    path = make(tmp_path / "bad.mid")
    with pytest.raises(ScoreError, match=message) as error:
        load_score(path)
    assert "\n" not in str(error.value)
    assert "bad" in str(error.value)


def test_an_unwritable_place_is_named(tmp_path):
    score = Score.from_notes("song", [Note(0.0, 1.0, 39)])
    with pytest.raises(OutputError, match="No such file or directory"):
        save_midi(score, tmp_path / "none" / "song.mid")


def test_pretty_midi_reads_our_files_as_we_do(tmp_path):
    save_midi(Score.from_notes("song", [Note(0.0, 1.0, 39, 80)]), tmp_path / "song.mid")
    (note,) = pretty_midi.PrettyMIDI(str(tmp_path / "song.mid")).instruments[0].notes
    assert (note.pitch, note.velocity) == (60, 80)
