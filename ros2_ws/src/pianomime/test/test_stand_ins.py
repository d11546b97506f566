import subprocess
import sys

BUILD = """
import importlib.util as util
found = util.find_spec
util.find_spec = lambda name, *rest: None if name == "note_seq" else found(name, *rest)
from pianomime.hands.embodiment import embodiment
from pianomime.simulation.model import build_model
print(build_model(embodiment("robopianist")).nu)
"""


def test_the_model_is_built_where_the_audio_packages_are_missing():
    command = [sys.executable, "-W", "ignore", "-c", BUILD]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.stdout.splitlines()[-1:] == ["44"], result.stderr
