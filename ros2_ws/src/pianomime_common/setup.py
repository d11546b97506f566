"""Build pianomime_common."""

from setuptools import find_packages, setup

NAME = "pianomime_common"

setup(
    name=NAME,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={"": ["*.xml"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    extras_require={"test": ["pytest"]},
    zip_safe=False,
    maintainer="PianoMime maintainers",
    maintainer_email="pianomime@example.org",
    description="What PianoMime's nodes share: conversions, parameters, QoS, running and timing.",
    license="Apache-2.0",
)
