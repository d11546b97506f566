import pytest

from pianomime.errors import ConfigError, ScoreError
from pianomime.score.arrangement import arrange
from pianomime.score.arrangement_config import ArrangementConfig
from pianomime.score.changes import ChangeKind
from pianomime.score.faults import Fault
from pianomime.score.midi import save_midi
from pianomime.score.score import Note, PedalEvent, Score
from pianomime.score.song import Part, Song
from pianomime.score.song_files import load_files


def part(*keys, channel=0, program=0, name="", pedal=()):
    notes = tuple(Note(i * 0.5, (i + 1) * 0.5, key) for i, key in enumerate(keys))
    return Part(channel + 1, channel, program, name, notes, tuple(pedal))


PIANO = part(39, 41, name="Right", channel=0)
BASS = part(15, 15, name="Bass", channel=1, program=33)
STRINGS = part(50, 51, name="Piano reduction", channel=2, program=48)
DRUMS = part(20, 20, name="Kit", channel=9)
EFFECTS = part(3, name="Sea", channel=3, program=122)


def arranged(*parts, faults=None, **options):
    return arrange(Song("song", parts, faults or {}), ArrangementConfig(**options))


def keys(arrangement):
    return [note.key for note in arrangement.score.notes]


def test_parts_of_pianos_are_played_where_there_are_any():
    arrangement = arranged(PIANO, BASS, STRINGS, DRUMS)
    assert keys(arrangement) == [39, 50, 41, 51]
    assert arrangement.remarks == (
        "plays 1 Right (Acoustic Grand Piano, 2 notes), 3 Piano reduction (String Ensemble 1, "
        "2 notes); leaves out 2 Bass (Electric Bass (finger), 2 notes), 4 Kit (drums, 2 notes)",
    )


def test_otherwise_all_pitched_parts_are_played():
    assert keys(arranged(BASS, DRUMS, EFFECTS)) == [15, 15]


def test_parts_are_chosen_by_number():
    assert keys(arranged(PIANO, BASS, DRUMS, tracks="2")) == [15, 15]
    with pytest.raises(ScoreError, match=r"song: no part 4; there are: 1 Right \(Acoustic"):
        arranged(PIANO, BASS, DRUMS, tracks="2,4")
    with pytest.raises(ScoreError, match="song: part 2 is drums"):
        arranged(PIANO, DRUMS, tracks="2")
    with pytest.raises(ConfigError, match="tracks = '0': must be comma-separated numbers from 1"):
        ArrangementConfig(tracks="0")


def test_notes_off_the_keyboard_are_folded_or_left_out():
    arrangement = arranged(part(-1, 40, 88, 100, -21))
    assert keys(arrangement) == [11, 40, 76]
    assert [(change.onset_s, change.key, change.kind) for change in arrangement.changes] == [
        (0.0, -1, ChangeKind.FOLDED),
        (1.0, 88, ChangeKind.FOLDED),
        (1.5, 100, ChangeKind.OFF_KEYBOARD),
        (2.0, -21, ChangeKind.OFF_KEYBOARD),
    ]
    (remark,) = arrangement.remarks
    assert remark == ("notes: 2 moved by an octave onto the keyboard, 2 off the keyboard, left out")


def test_ten_parts_that_double_each_other_are_one():
    arrangement = arranged(*(part(40, 42, channel=channel) for channel in range(9)))
    assert keys(arrangement) == [40, 42]
    assert [change.kind for change in arrangement.changes] == [ChangeKind.MERGED] * 16


def test_faults_are_said():
    assert arranged(PIANO, faults={Fault.ZERO_LENGTH: 3}).remarks == (
        "faults in the file: notes of zero length: 3",
    )


def test_the_pedal_is_down_where_that_of_any_part_is():
    left = part(20, channel=1, pedal=[PedalEvent(0.0, True), PedalEvent(0.3, False)])
    right = part(40, channel=0, pedal=[PedalEvent(0.1, True), PedalEvent(0.4, False)])
    assert arranged(left, right).score.pedal == (PedalEvent(0.0, True), PedalEvent(0.4, False))


def test_an_excerpt_has_the_pedal_and_the_changes_of_its_time():
    pedal = [PedalEvent(0.25, True), PedalEvent(1.25, False)]
    song = part(40, 41, 88, 42, pedal=pedal)
    arrangement = arranged(song, from_s=0.5, to_s=1.5, stretch=2.0)
    assert [(n.onset_s, n.key) for n in arrangement.score.notes] == [(0.0, 41), (1.0, 76)]
    assert arrangement.score.pedal[:2] == (PedalEvent(0.0, True), PedalEvent(1.5, False))
    assert [change.onset_s for change in arrangement.changes] == [1.0]
    with pytest.raises(ScoreError, match=r"song: no note begins there; it lasts 2\.0 s"):
        arranged(song, from_s=9.0)
    with pytest.raises(ConfigError, match="to_s = 3: must be after from_s = 4"):
        ArrangementConfig(from_s=4.0, to_s=3.0)


def test_repeats_faster_than_the_hands_are_listed_as_played():
    slow = part(40, 40, 40)  # two a second
    assert not arranged(slow).changes
    fast = arranged(slow, stretch=0.15, transpose=1)
    assert keys(fast) == [41, 41, 41]
    assert [(change.onset_s, change.key, change.kind) for change in fast.changes] == [
        (pytest.approx(0.075), 40, ChangeKind.FAST_REPEAT),
        (pytest.approx(0.15), 40, ChangeKind.FAST_REPEAT),
    ]


def test_files_that_cannot_be_read_are_named_and_left_out(tmp_path):
    for name in ("a.mid", "B.MID", "c.Kar"):
        save_midi(Score.from_notes("song", [Note(0.0, 0.5, 40)]), tmp_path / name)
    (tmp_path / "d.mid").write_text("no song")
    (tmp_path / "notes.txt").write_text("no song")
    found = load_files(tmp_path, ArrangementConfig())
    assert [one.score.title for one in found.arrangements] == ["B", "a", "c"]
    assert [line.partition(":")[0] for line in found.refused] == [str(tmp_path / "d.mid")]
    assert len(load_files(tmp_path / "c.Kar", ArrangementConfig()).arrangements) == 1


def test_files_none_of_which_can_be_read_are_refused(tmp_path):
    with pytest.raises(ScoreError, match=r"no \.mid, \.midi, \.kar"):
        load_files(tmp_path, ArrangementConfig())
    for name in ("d.mid", "e.mid"):
        (tmp_path / name).write_text("no song")
    with pytest.raises(ScoreError, match=r"d\.mid: not a MIDI file.* \(and 1 others\)"):
        load_files(tmp_path, ArrangementConfig())
