"""`pianomime report` and `replay` on bags of real runs, whole and cut off."""

import json
import re
import shutil

import pytest

from pianomime.score.midi import save_midi
from pianomime.score.score import Note, Score

pytestmark = pytest.mark.ros

SHORT = Score.from_notes(
    "short", [Note(0.4 * i, 0.4 * i + 0.35, 51 + 2 * (i % 5)) for i in range(20)]
)


@pytest.fixture
def played(cli):
    save_midi(SHORT, cli.folder / "short.mid")
    status, _, err = cli.run("play", "short.mid", "-o", "played", "--no-video")
    assert status == 0, err
    return cli.folder / "played"


def performances_in(page):
    return json.loads(re.search(r"const DATA = (.*);\n", page.read_text()).group(1))["performances"]


def test_whole_and_cut_off_bags_are_reported_and_replayed(cli, played, in_process):
    status, _, err = in_process("report", "played", "played/bag", "-o", "two.html", "--no-video")
    assert status == 0, err
    first, second = performances_in(cli.folder / "two.html")
    assert first["metrics"]["f1"] > 0.7
    assert first["metrics"] == second["metrics"]
    assert first["gate"]["rejected"] == 0
    assert any("p99" in name for name in first["nodes"]["sim"])
    status, out, _ = in_process("replay", "played/bag")
    assert (status, "identical" in out) == (0, True)
    whole = first["metrics"]
    for closed in (True, False):
        cut = cut_off(played / "bag", cli.folder / f"cut_{closed}", closed)
        status, _, err = in_process("report", str(cut), "-o", "cut.html", "--no-video")
        assert status == 0, err
        (part,) = performances_in(cli.folder / "cut.html")
        assert 0.7 < part["metrics"]["f1"] <= 1.0
        assert part["metrics"] != whole
        status, out, err = in_process("replay", str(cut))
        assert (status, "identical" in out) == (0, True), out + err


def cut_off(bag, to, closed):
    """Return a copy of a bag without the end of its file, and with its metadata if `closed`."""
    shutil.copytree(bag, to)
    if not closed:
        (to / "metadata.yaml").unlink()
    file = next(to.glob("*.mcap"))
    file.write_bytes(file.read_bytes()[: int(0.7 * file.stat().st_size)])
    return to


@pytest.mark.parametrize("command", ["report", "replay"])
def test_a_bag_that_is_none_is_named(refuse, command):
    assert "nowhere" in refuse(command, "nowhere")
