"""Topics of the hands' driver and of the rail, in the driver's namespace."""

from sensor_msgs.msg import JointState
from std_msgs.msg import Float64
from trajectory_msgs.msg import JointTrajectory

from pianomime.hands.hand_spec import HandSpec
from pianomime_common.topics import STREAM, Topic


def joint_states(driver: str) -> Topic:
    """Return the topic of the driver's joint states."""
    return Topic(f"{_prefix(driver)}joint_states", JointState, STREAM, "joint states of the driver")


def trajectory(driver: str, controller: str) -> Topic:
    """Return the input topic of a trajectory controller; named as in Shadow's ROS 1 driver."""
    name = f"{_prefix(driver)}{controller}/command"
    return Topic(name, JointTrajectory, STREAM, "joint trajectories")


def position(driver: str, controller: str) -> Topic:
    """Return the input topic of a position controller."""
    name = f"{_prefix(driver)}{controller}/command"
    return Topic(name, Float64, STREAM, "joint target [rad]")


def max_force_factor(driver: str, controller: str) -> Topic:
    """Return the topic of a position controller's force limit, 0 .. 1."""
    name = f"{_prefix(driver)}{controller}/max_force_factor"
    return Topic(name, Float64, STREAM, "share of the maximum force, 0 .. 1")


def trajectory_controllers(hands: HandSpec, rail: str) -> dict[str, str]:
    """Return the driver's controller of each command group; slides are on the `rail`."""
    return {group: rail if group in hands.slide_groups else group for group in hands.command_groups}


def _prefix(driver: str) -> str:
    return "/" if driver == "/" else f"{driver.strip('/')}/"
