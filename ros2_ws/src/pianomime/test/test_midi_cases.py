"""Files that other programs refuse or misread, and music from the internet."""

import os
from pathlib import Path

import mido
import pytest

from pianomime.errors import ScoreError
from pianomime.score.midi import load_score, read_song

SHARED = Path(__file__).parents[5] / "shared"
CASES = SHARED / "cases/midi"
MUSIC = SHARED / "data/midi"

GOOD = [(i / 4, (i + 1) / 4, pitch) for i, pitch in enumerate((60, 62, 64, 65, 67, 69, 71, 72))]
"""Notes of most cases: onset, offset [s], pitch."""

REFUSED = {
    "05": "time division in the MIDI header is 0",
    "23_": "gunzip",
    "23b": "gunzip",
    "23g": "an empty file",
    "23h": "a web page",
    "23i": "git lfs pull",
    "23l": "XMI",
    "23m": "abc2midi",
    "25c": "no notes",
    "25d": "no notes",
    "25e": "no notes",
}
LASTS_S = {
    "03": 4.0,
    "04_": 1.92,
    "04b": 0.8,
    "06": 2.5,
    "07_": 4.25,
    "07b": 2.0,
    "08_": 3.0,
    "13b": 67.10886,
    "14_": 3.5,
    "17g": 2.5,
    "18": 2.0,
    "20_": 2.25,
    "20c": 14_000.75,
    "21_": 302.25,
    "25_": 0.5,
}
OTHER_NOTES = ("01b", "06", "07_", "08_", "10b", "13b", "14", "15b", "16", "17f", "17g", "18", "19",
               "2", "03", "04", "13c")  # fmt: skip
"""Cases that hold something else than `GOOD`."""

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no {SHARED}")


def cases(pattern="*"):
    """Return the cases, or one that names what is missing."""
    return sorted(CASES.glob(pattern)) or [CASES / pattern]


def near(notes):
    return [pytest.approx(note, abs=1e-6) for note in notes]


def played(path):
    return [(n.onset_s, n.offset_s, n.key + 21) for n in load_score(path).notes]


@pytest.mark.parametrize("path", cases(), ids=lambda path: path.name)
def test_each_case_is_read_or_named(path):
    if reason := next((REFUSED[kind] for kind in REFUSED if path.name.startswith(kind)), None):
        with pytest.raises(ScoreError, match=reason):
            load_score(path)
        return
    if path.name.startswith(("23d", "23e")):
        pytest.importorskip("music21")
    notes = played(path)
    lasts_s = [time_s for kind, time_s in LASTS_S.items() if path.name.startswith(kind)]
    assert [max(offset_s for _, offset_s, _ in notes)] * len(lasts_s) == near(lasts_s)
    if not path.name.startswith(OTHER_NOTES):
        assert notes == near(GOOD)


def test_the_notes_of_cases_are_as_long_as_they_should_be():
    assert max(off - on for on, off, _ in played(*cases("14_*"))) == pytest.approx(0.5)
    assert played(*cases("18*")) == near([(0.0, 2.0, 60)])
    assert len(load_score(*cases("15_*")).pedal) == 4


def own_reading(path):
    """Return notes by onset, and pedal changes by channel, read by mido alone."""
    file = mido.MidiFile(path, clip=True)
    tempo, last, now_s = 500_000, 0, 0.0
    messages = []
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            messages.append((tick, message))
    notes, pedal = [], {}
    for tick, message in sorted(messages, key=lambda timed: timed[0]):
        now_s += mido.tick2second(tick - last, file.ticks_per_beat, tempo)
        last = tick
        if message.type == "set_tempo":
            tempo = message.tempo
        elif message.type == "note_on" and message.velocity:
            notes.append((round(now_s, 3), message.note, message.velocity))
        elif message.is_cc(64):
            changes = pedal.setdefault(message.channel, [(0.0, False)])
            if changes[-1][1] != (message.value >= 64):
                changes.append((now_s, message.value >= 64))
    return sorted(notes), {channel: changes[1:] for channel, changes in pedal.items()}


@pytest.mark.parametrize("folder", ["piano-midi.de/test", "asap-performances/test", "asap-scores"])
def test_music_is_read_as_by_another_reader(folder):
    files = sorted((MUSIC / folder).glob("*.mid"), key=os.path.getsize)
    assert files
    for path in files[:6]:
        song = read_song(path)
        notes, pedal = own_reading(path)
        found = [(n.onset_s, n.key + 21, n.velocity) for part in song.parts for n in part.notes]
        assert len(found) == len(notes)
        for one, other in zip(sorted(found), sorted(notes), strict=True):
            assert one[0] == pytest.approx(other[0], abs=1e-3)
        assert sorted(note[1:] for note in found) == sorted(note[1:] for note in notes)
        for part in song.parts:
            times = [event.time_s for event in part.pedal]
            assert times == near(time_s for time_s, _ in pedal.get(part.channel, []))
