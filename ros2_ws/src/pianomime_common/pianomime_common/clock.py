"""Offset of simulated time."""

from typing import Final

START_S: Final = 1.0
"""ROS time at simulation time 0 [s]; above 0 because ROS treats a stamp of 0 as unset."""
