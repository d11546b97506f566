"""Build pianomime_goals."""

from setuptools import find_packages, setup

NAME = "pianomime_goals"

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
    description="Score clock: the score, and for each decision the notes and pedal in the horizon.",
    license="Apache-2.0",
    entry_points={"console_scripts": ["goals = pianomime_goals.goals_node:main"]},
)
