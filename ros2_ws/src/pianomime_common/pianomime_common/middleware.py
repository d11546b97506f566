"""How our processes talk to each other, unless the environment says otherwise."""

import os
from importlib.resources import files


def set_middleware_defaults() -> None:
    """Stay on this machine, and off shared memory; call it before `rclpy.init`.

    Commands to hands have no business on the office network. Whoever widens
    ROS_AUTOMATIC_DISCOVERY_RANGE, or has a Fast DDS profile of their own, gets that instead.
    """
    # For wider ranges. loopback.xml tells why.
    os.environ.setdefault("FASTDDS_BUILTIN_TRANSPORTS", "UDPv4?sockets_size=2097152")
    if os.environ.get("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST") != "LOCALHOST":
        return
    profile = str(files("pianomime_common") / "loopback.xml")
    if os.environ.setdefault("FASTRTPS_DEFAULT_PROFILES_FILE", profile) == profile:
        # With LOCALHOST, rmw_fastrtps would use shared memory whatever the profile says.
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "SYSTEM_DEFAULT"
