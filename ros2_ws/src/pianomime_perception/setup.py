"""Build pianomime_perception."""

from setuptools import find_packages, setup

NAME = "pianomime_perception"

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
    description="A pianist's video as hands on the keyboard: video source and perception.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "perception = pianomime_perception.perception_node:main",
            "video_source = pianomime_perception.video_source_node:main",
        ]
    },
)
