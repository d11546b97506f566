"""Build my_controller."""

from setuptools import find_packages, setup

NAME = "my_controller"

setup(
    name=NAME,
    version="0.1.0",
    packages=find_packages(),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    zip_safe=False,
    maintainer="PianoMime maintainers",
    maintainer_email="pianomime@example.org",
    description="Example of a controller of one's own: plays the melody with one finger.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": ["my_controller = my_controller.my_controller_node:main"],
        "pianomime.controllers": ["my_controller = my_controller.row:ROW"],
    },
)
