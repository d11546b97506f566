"""What simulated time means in this graph."""

from typing import Final

START_S: Final = 1.0
"""ROS time at simulation time 0: in ROS a stamp of 0 means that there is no time yet."""
