"""Build backend: robopianist's own wheel without the audio packages among its requirements.

robopianist requires pyaudio, which has no wheel for Linux and compiles only where PortAudio's
headers are, and note-seq, which brings 370 MB. Its models, all that `pianomime` uses, call neither
(pianomime/simulation/stand_ins.py).
"""

import subprocess
import sys
import tempfile
from pathlib import Path

_UNUSED = ("pyaudio", "note-seq")


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Download the wheel in robopianist.txt, repack it into a directory and return its name."""
    with tempfile.TemporaryDirectory() as folder:
        _run("pip", "download", "--no-deps", "--require-hashes", "--only-binary=:all:",
             "--dest", folder, "--requirement", "robopianist.txt")  # fmt: skip
        (wheel,) = Path(folder).glob("*.whl")
        _run("wheel", "unpack", "--dest", folder, str(wheel))
        (metadata,) = Path(folder).glob("*/*.dist-info/METADATA")
        unused = tuple(f"Requires-Dist: {name} " for name in _UNUSED)
        lines = metadata.read_text("utf-8").splitlines(keepends=True)
        metadata.write_text("".join(x for x in lines if not x.startswith(unused)), "utf-8")
        _run("wheel", "pack", "--dest-dir", wheel_directory, str(metadata.parents[1]))
    return wheel.name


def _run(*arguments):
    subprocess.run([sys.executable, "-m", *arguments], check=True)
