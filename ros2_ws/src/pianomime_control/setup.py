"""Build pianomime_control."""

from setuptools import find_packages, setup

NAME = "pianomime_control"

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
    description="Expert controller and command gate.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "expert = pianomime_control.expert_node:main",
            "gate = pianomime_control.gate_node:main",
            "planner = pianomime_control.planner_node:main",
        ]
    },
)
