"""Topics of the hands' driver and of the rail, in the driver's namespace."""

from sensor_msgs.msg import JointState
from std_msgs.msg import Float64
from trajectory_msgs.msg import JointTrajectory

from pianomime.hands.hand_spec import HandSpec
from pianomime_common.topics import STREAM, Topic


def joint_states(driver: str) -> Topic:
    """Return where the driver says how the joints are."""
    return Topic(f"{_prefix(driver)}joint_states", JointState, STREAM, "at the driver's rate")


def trajectory(driver: str, controller: str) -> Topic:
    """Return where a trajectory controller takes goals; ROS 1's name, as Shadow's driver has it."""
    name = f"{_prefix(driver)}{controller}/command"
    return Topic(name, JointTrajectory, STREAM, "goals of joints")


def position(driver: str, controller: str) -> Topic:
    """Return where a position controller takes its target."""
    name = f"{_prefix(driver)}{controller}/command"
    return Topic(name, Float64, STREAM, "target of a joint [rad]")


def max_force_factor(driver: str, controller: str) -> Topic:
    """Return where a position controller takes its share of force."""
    name = f"{_prefix(driver)}{controller}/max_force_factor"
    return Topic(name, Float64, STREAM, "0 .. 1")


def trajectory_controllers(hands: HandSpec, rail: str) -> dict[str, str]:
    """Return the driver's controller for each of our command groups; slides are on the `rail`."""
    return {group: rail if group in hands.slide_groups else group for group in hands.command_groups}


def _prefix(driver: str) -> str:
    return "/" if driver == "/" else f"{driver.strip('/')}/"
