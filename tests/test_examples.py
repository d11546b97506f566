"""The examples and the README's Python code run as they are written."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
PIECES = {
    "plan_and_play": ("c_major_scale", 0.9),
    "your_policy": ("au_clair_de_la_lune", 0.7),
    "your_hand": ("c_major_scale", 0.85),
}
"""What each example plays, and the least F1."""


def run(*arguments: str, folder: Path) -> str:
    """Run Python in a folder and return what it printed."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def f1_in(output: str) -> float:
    """Return the first number after "F1", or the only one."""
    return float(re.search(r"(?:F1 |^)(\d\.\d+)", output)[1])


def test_the_readmes_code(tmp_path):
    (code,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    assert f1_in(run("-c", code, folder=tmp_path)) > 0.94


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example(path, tmp_path):
    song, least_f1 = PIECES[path.stem]
    assert f1_in(run(str(path), song, folder=tmp_path)) > least_f1


def test_the_examples_are_listed():
    text = (ROOT / "examples/README.md").read_text()
    assert all(f"]({path.name})" in text for path in EXAMPLES)
