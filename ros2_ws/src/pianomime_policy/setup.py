"""Build pianomime_policy."""

from glob import glob

from setuptools import find_packages, setup

NAME = "pianomime_policy"

# The top level is where people look for checkpoints; the node looks in this package's share.
checkpoints = glob("../../../models/*.safetensors")

setup(
    name=NAME,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        (f"share/{NAME}/models", checkpoints),
    ],
    extras_require={"test": ["pytest"]},
    zip_safe=False,
    maintainer="PianoMime maintainers",
    maintainer_email="pianomime@example.org",
    description="The generalist: one neural policy that plays any song.",
    license="Apache-2.0",
    entry_points={"console_scripts": ["policy = pianomime_policy.policy_node:main"]},
)
