"""Default middleware settings; the environment overrides them."""

import os
from importlib.resources import files


def set_middleware_defaults() -> None:
    """Restrict DDS to the loopback device, without shared memory; call before `rclpy.init`.

    Commands to robot hands should not leave the machine by default. A wider
    ROS_AUTOMATIC_DISCOVERY_RANGE or a Fast DDS profile in the environment takes precedence.
    """
    # For wider discovery ranges; see loopback.xml for the reason.
    os.environ.setdefault("FASTDDS_BUILTIN_TRANSPORTS", "UDPv4?sockets_size=2097152")
    if os.environ.get("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST") != "LOCALHOST":
        return
    profile = str(files("pianomime_common") / "loopback.xml")
    if os.environ.setdefault("FASTRTPS_DEFAULT_PROFILES_FILE", profile) == profile:
        # With LOCALHOST, rmw_fastrtps uses shared memory regardless of the profile.
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "SYSTEM_DEFAULT"
