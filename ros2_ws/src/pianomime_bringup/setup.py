"""Build pianomime_bringup."""

from glob import glob

from setuptools import find_packages, setup

NAME = "pianomime_bringup"

# The top level is where people look for it; ROS looks in this package's share.
launch_files = glob("../../../launch/*.launch.py")

setup(
    name=NAME,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        (f"share/{NAME}/launch", launch_files),
    ],
    extras_require={"test": ["pytest"]},
    zip_safe=False,
    maintainer="PianoMime maintainers",
    maintainer_email="pianomime@example.org",
    description="The graphs described once, and their launch files.",
    license="Apache-2.0",
)
