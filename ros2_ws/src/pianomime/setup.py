"""Build pianomime."""

from setuptools import find_packages, setup

NAME = "pianomime"

setup(
    name=NAME,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={"": ["*.mid", "*.txt", "*.html", "py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    zip_safe=False,
    maintainer="PianoMime maintainers",
    maintainer_email="pianomime@example.org",
    description="Two simulated Shadow hands that play the piano, without ROS.",
    license="Apache-2.0",
)
