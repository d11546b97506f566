import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pianomime.errors import ScoreError
from pianomime.score.faults import Fault
from pianomime.score.file_kinds import is_music_xml, other_kind
from pianomime.score.midi_song import midi_song

ON, OFF = 0x90, 0x80
END = b"\0\xff\x2f\0"
TEMPO_1_S = b"\0\xff\x51\3\x0f\x42\x40"
"""A quarter note lasts 1 s."""


def quarters(*pitches, channel=0):
    """Return the events of quarter notes, one after the other."""
    on, off = ON | channel, OFF | channel
    return b"".join(bytes((0, on, pitch, 64, 0x83, 0x60, off, pitch, 0)) for pitch in pitches)


def chunk(name, data):
    return name + len(data).to_bytes(4) + data


def track(events, end=END):
    return chunk(b"MTrk", events + end)


def header(form, count, division=480):
    return chunk(b"MThd", b"".join(n.to_bytes(2) for n in (form, count, division)))


def midi(*tracks, form=1, division=480):
    """Return a file of tracks, each given by its events."""
    return header(form, len(tracks), division) + b"".join(map(track, tracks))


TWO = quarters(60, 62)
TWO_NOTES = [(0.0, 0.5, 60), (0.5, 1.0, 62)]


def notes(data):
    """Return onset, offset and pitch of all notes."""
    parts = midi_song("song", data).parts
    return sorted((n.onset_s, n.offset_s, n.key + 21) for part in parts for n in part.notes)


FAULTS = {
    "RIFF": (b"RIFF\0\0\0\0RMIDdata\0\0\0\0" + midi(TWO), Fault.RIFF),
    "newline before": (b"\r\n" + midi(TWO), Fault.LEADING),
    "format 3": (midi(TWO, form=3), Fault.HEADER),
    "long header": (chunk(b"MThd", header(0, 1)[8:] + b"\0\0\0") + track(TWO), Fault.HEADER),
    "track count": (header(1, 7) + track(TWO), Fault.TRACK_COUNT),
    "track too short": (header(1, 2) + b"MTrk\0\0\0\7" + track(TWO)[8:] + track(b""),
                        Fault.TRACK_LENGTH),
    "track too long": (header(1, 2) + b"MTrk\0\0\0\x32" + track(TWO)[8:] + track(b""),
                       Fault.TRACK_LENGTH),
    "track without end": (header(0, 1) + track(TWO, end=b""), Fault.NO_END),
    "foreign chunk": (header(0, 1) + chunk(b"XFIH", b"abcd") + track(TWO), Fault.FOREIGN),
    "bytes after": (midi(TWO) + b"\r\n\0junk", Fault.TRAILING),
    "bytes between": (header(1, 2) + track(TWO) + b"\0\0\0" + track(b""), Fault.TRAILING),
    "long delta": (midi(b"\x8f\xff\xff\xff\x7f" + TWO[1:]), Fault.DELTA),
    "controller 255": (midi(b"\0\xb0\7\xff" + TWO), Fault.DATA),
    "pitch 200": (midi(b"\0\x90\xc8\x40" + TWO), Fault.DATA),
    "velocity 200": (midi(b"\0\x90\x3c\xc8" + TWO[4:]), Fault.DATA),
    "key signature": (midi(b"\0\xff\x59\2\x12\0" + TWO), Fault.META),
    "tempo of 2 bytes": (midi(b"\0\xff\x51\2\7\xa1" + TWO), Fault.META),
    "tempo 0": (midi(b"\0\xff\x51\3\0\0\0" + TWO), Fault.META),
    "port 200": (midi(b"\0\xff\x21\1\xc8" + TWO), Fault.META),
    "endless meta event": (midi(b"\0\xff\1\xff\xff\xff\x7f" + TWO), Fault.META),
    "real time": (midi(b"\0\xf8" + TWO), Fault.SYSTEM),
    "song position": (midi(b"\0\xf2\0\0" + TWO), Fault.SYSTEM),
    "endless sysex": (midi(b"\0\xf0\xff\x7f\1\2\xf7" + TWO), Fault.SYSTEM),
    "no status": (midi(b"\0\1\2\3" + TWO[1:]), Fault.STRAY),
    "stray note-off": (midi(b"\0\x80\x40\0" + TWO), Fault.NO_NOTE),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_costs_nothing_else_and_is_counted(case):
    data, fault = FAULTS[case]
    assert notes(data) == TWO_NOTES
    assert midi_song("song", data).faults[fault] > 0


def test_a_healthy_file_has_no_faults():
    assert not midi_song("song", midi(b"\0\xff\x59\2\xfe\0" + TWO)).faults


def test_the_tempo_of_any_track_is_everyones():
    late = b"\x83\x60" + TEMPO_1_S[1:]
    assert notes(midi(TWO, late)) == [(0.0, 0.5, 60), (0.5, 1.5, 62)]
    assert notes(midi(b"", TEMPO_1_S + TWO)) == [(0.0, 1.0, 60), (1.0, 2.0, 62)]


def test_sequences_follow_one_another_each_with_its_tempo():
    data = midi(TEMPO_1_S + quarters(60), TWO, form=2)
    assert notes(data) == [(0.0, 1.0, 60), (1.0, 1.5, 60), (1.5, 2.0, 62)]


@pytest.mark.parametrize(
    ("frames", "ticks", "last_s"), [(25, 40, 0.96), (30, 80, 0.4), (29, 40, 960 * 1001 / 1.2e6)]
)
def test_smpte_time_ignores_the_tempo(frames, ticks, last_s):
    data = midi(TEMPO_1_S + TWO, division=(256 - frames) << 8 | ticks)
    assert notes(data)[-1][1] == pytest.approx(last_s)


def test_a_division_of_zero_is_refused():
    with pytest.raises(ScoreError, match="time division in the MIDI header is 0"):
        midi_song("song", midi(TWO, division=0))


@pytest.mark.parametrize("controller", [120, 123, 127])
def test_controllers_end_the_notes_of_their_channel(controller):
    ends = bytes((0x83, 0x60, 0xB0, controller, 0))
    held = b"\0\x90\x3c\x40\0\x91\x40\x40"
    data = midi(held + ends + b"\x83\x60\x81\x40\0")
    assert notes(data) == [(0.0, 0.5, 60), (0.0, 1.0, 64)]


def test_the_pedal_is_taken_from_any_track_for_its_channel():
    pedal = b"\0\xb1\x40\x7f\x83\x60\xb1\x40\x3f\0\xb0\x40\x7f"
    left, right = midi_song("song", midi(pedal, TWO, quarters(40, channel=1))).parts
    assert [(event.time_s, event.down) for event in right.pedal] == [(0.0, True), (0.5, False)]
    assert [(event.time_s, event.down) for event in left.pedal] == [(0.5, True)]


@pytest.mark.parametrize(
    "tracks",
    [
        (
            b"\0\x90\x3c\x40" + b"\x83\x60\x90\x3e\x40",
            b"\x83\x60\x80\x3c\0" + b"\x83\x60\x80\x3e\0",
        ),
        (b"\0\x90\x3c\x40" + b"\x83\x60\x81\x3c\0" + b"\0\x90\x3e\x40" + b"\x83\x60\x81\x3e\0",),
    ],
)
def test_a_note_may_end_on_another_track_or_channel(tracks):
    assert notes(midi(*tracks)) == TWO_NOTES


def test_a_stuck_note_leaves_the_next_ones_alone():
    data = midi(b"\0\x90\x3c\x40" + b"\x83\x60\xff\1\0" + quarters(60, 60))
    assert notes(data) == [(0.0, 0.5, 60), (0.5, 1.0, 60), (1.0, 1.5, 60)]


KINDS = {
    b"\x1f\x8b\x08": "gzip",
    b"PK\3\4": "zip archive",
    b"version https://git-lfs.github.com/spec/v1\n": "git lfs pull",
    b"<!DOCTYPE html><html>": "web page",
    b"\n<HTML>": "web page",
    b"X:1\nT:Tune\n": "abc2midi",
    b"FORM\0\0\0\x0eXDIRINFO": "XMI",
    bytes((0, 4)) + b"song".ljust(126, b"\0") + midi(TWO): "MacBinary",
    b"<?xml version='1.0'?><opml/>": "not MusicXML",
    b"RIFF\0\0\0\0WAVE": "audio recording",
}


@pytest.mark.parametrize("data", KINDS, ids=KINDS.values())
def test_other_kinds_of_files_are_named(data):
    assert KINDS[data] in other_kind(data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_music_xml_is_recognised(encoding):
    assert is_music_xml("<?xml version='1.0'?><score-partwise/>".encode(encoding))
    assert is_music_xml(b"PK\3\4 META-INF/container.xml")
    assert not is_music_xml(midi(TWO))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_is_broken_is_read_or_refused(data):
    whole = bytearray(midi(TEMPO_1_S + TWO, b"\0\xb0\x40\x7f" + quarters(64), b"\0\xf0\2\1\xf7"))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(8, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        song = midi_song("song", bytes(whole))
    except ScoreError:
        return
    for note in (note for part in song.parts for note in part.notes):
        assert 0 <= note.onset_s < note.offset_s < 1e12
        assert 1 <= note.velocity <= 127
