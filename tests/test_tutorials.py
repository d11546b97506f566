"""Every tutorial is executed as it is written, block by block, in an empty folder.

A block's fence says how: `bash` and `python` are run, `manual` is not (it sets something up, or
needs ROS 2 installed or a person to look), `needs NAME` where that is there.
"""

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

import pianomime_common.topics as all_topics
from pianomime.hands.embodiment import embodiment
from pianomime.score.midi import load_score, save_midi
from pianomime.score.repertoire import repertoire

pytestmark = pytest.mark.ros

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT.parent / "shared/data/stan_1"
HANDS = ROOT.parent / "shared/hands"
TUTORIALS = sorted((ROOT / "docs/tutorials").glob("*.md"))
PAGES = [
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "benchmarks/results").glob("*.md")),
    *ROOT.glob("*.md"),
    *(ROOT / "examples").glob("**/*.md"),
    ROOT / "models/README.md",
]
THERE = {
    "VIDEO": EXAMPLE.exists(),
    "HANDS": HANDS.exists(),
    "TORCH": find_spec("torch") is not None,
}
BLOCK = re.compile(r"^```(bash|python)([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def cut_example(folder):
    """Write the first 10 s of the example video and its score; all of it would take a minute."""
    command = (get_ffmpeg_exe(), "-loglevel", "error", "-i", EXAMPLE / "video.mp4", "-t", "10")
    subprocess.run([*command, "-c", "copy", folder / "video.mp4"], check=True)
    save_midi(load_score(EXAMPLE / "score.mid").until(10.0), folder / "score.mid")


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_it_works_as_written(cli, path):
    blocks = BLOCK.findall(path.read_text())
    assert blocks
    if "$VIDEO" in path.read_text() and THERE["VIDEO"]:
        cut_example(cli.folder)
    environment = cli.environment | {
        "VIDEO": "video.mp4",
        "MIDI": "score.mid",
        "EXAMPLES": str(ROOT / "examples"),
        "HANDS": str(HANDS),
        "REPERTOIRE": str(next(iter(repertoire().values())).parent),
    }
    left_out = []
    for language, how, code in blocks:
        words = how.split()
        if "manual" in words or "continue" in words:
            continue
        if words[:1] == ["needs"] and not THERE[words[1]]:
            left_out.append(words[1])
            continue
        command = [sys.executable, "-c"] if language == "python" else ["bash", "-euc"]
        done = subprocess.run(
            [*command, code], cwd=cli.folder, env=environment, capture_output=True, text=True,
            timeout=250, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"
    if left_out:
        pytest.skip(f"not there: {', '.join(sorted(set(left_out)))}")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text()):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_foxglove_layout_shows_topics_that_there_are():
    layout = json.loads((ROOT / "config/foxglove.json").read_text())
    named = set(re.findall(r'"/([a-z_/]+)', json.dumps(layout)))
    there = {
        topic.name.lstrip("/")
        for topic in all_topics.all_topics(("expert",), embodiment("pianomime"))
    }
    assert named
    assert named <= there, named - there


def test_manual_blocks_name_what_exists():
    for path in TUTORIALS:
        for launch_file in re.findall(r"launch/\w+\.launch\.py", path.read_text()):
            assert (ROOT / launch_file).exists()
        for setup in re.findall(r"tools/setup (\w+)", path.read_text()):
            assert setup in (ROOT / "tools/setup").read_text()
    assert os.access(ROOT / "tools/setup", os.X_OK)
