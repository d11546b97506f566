"""Build pianomime_hardware."""

from setuptools import find_packages, setup

NAME = "pianomime_hardware"

setup(
    name=NAME,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    extras_require={"test": ["pytest"]},
    zip_safe=False,
    maintainer="PianoMime maintainers",
    maintainer_email="pianomime@example.org",
    description="Shadow hands, a rail and a MIDI keyboard, and their emulations.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "shadow_bridge = pianomime_hardware.shadow_bridge_node:main",
            "midi_keyboard = pianomime_hardware.midi_keyboard_node:main",
            "emulator = pianomime_hardware.emulator_node:main",
        ]
    },
)
