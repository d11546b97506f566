"""Build pianomime.

What it requires stands here and not in pyproject.toml, which colcon does not read.
"""

from pathlib import Path
from urllib.parse import quote

from setuptools import find_packages, setup

NAME = "pianomime"

# colcon reads URLs with a host only.
robopianist = quote(str(Path(__file__).resolve().parent / "dependencies/robopianist"))

setup(
    name=NAME,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={"": ["py.typed", "**/*.html", "**/*.mid", "**/*.txt", "**/*.yaml"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    python_requires=">=3.11, <3.13",
    install_requires=[
        f"robopianist @ file://localhost{robopianist}",
        "dm_control==1.0.50",
        "imageio-ffmpeg",
        "matplotlib",
        "mcap",
        "mido",
        "mujoco==3.17.0",
        "numpy>=1.26.4, <2",
        "pretty_midi",
        "pyfluidsynth",
        "python-rtmidi",
        "PyYAML",
        "rosbags",
        "safetensors",
        "scipy",
        "trimesh",
    ],
    extras_require={
        "learning": [
            "gymnasium==1.4.0",
            "pyarrow==21.0.0",
            "stable-baselines3==2.9.2",
            "tensorboard==2.20.0",
            "torch==2.13.0",
        ],
        "perception": [
            "mediapipe==0.10.21",
            "opencv-contrib-python==4.11.0.86",
            "zarr",
        ],
        "score": ["music21"],
        "view": ["viser", "websockets"],
        "test": ["pytest", "hypothesis"],
    },
    zip_safe=False,
    maintainer="PianoMime maintainers",
    maintainer_email="pianomime@example.org",
    description="Two simulated robot hands that play the piano, without ROS.",
    license="Apache-2.0",
)
