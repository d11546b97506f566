"""Build pianomime_sim."""

from setuptools import find_packages, setup

NAME = "pianomime_sim"

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
    description="MuJoCo simulation of two robot hands at a piano.",
    license="Apache-2.0",
    entry_points={"console_scripts": ["sim = pianomime_sim.sim_node:main"]},
)
