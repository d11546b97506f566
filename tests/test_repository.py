"""What is generated is up to date."""

import subprocess
import sys
from pathlib import Path

import pytest

from pianomime.score.midi import load_score
from pianomime.score.repertoire import find_score, repertoire

ROOT = Path(__file__).parents[1]


def test_the_documents_have_the_codes_topics_and_parameters():
    command = [sys.executable, str(ROOT / "tools/document.py"), "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", repertoire())
def test_each_piece_can_be_found_and_starts_at_once(name):
    score = find_score(name)
    assert score.notes[0].onset_s == 0.0
    assert score.duration_s > 5.0


def test_the_midi_files_are_what_the_transcriptions_say(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    import transcribe

    from pianomime.score.midi import save_midi

    transcriptions = sorted(transcribe.REPERTOIRE.glob("*.txt"))
    assert len(transcriptions) >= 12
    for path in transcriptions:
        assert "\nsource: " in path.read_text()
        save_midi(transcribe.transcribe(path), tmp_path / "again.mid")
        again = (tmp_path / "again.mid").read_bytes()
        assert again == path.with_suffix(".mid").read_bytes(), path.stem


def test_both_hands_chords_jumps_and_pedal_are_in_the_repertoire():
    scores = {name: load_score(path) for name, path in repertoire().items()}
    assert any(score.pedal for score in scores.values())
    assert min(note.key for note in scores["gymnopedie_1"].notes) < 25
    assert max(note.key for note in scores["entertainer"].notes) > 65
