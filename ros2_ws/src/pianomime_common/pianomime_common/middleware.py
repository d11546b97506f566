"""How our processes talk to each other, unless the environment says otherwise."""

import os


def set_middleware_defaults() -> None:
    """Choose a discovery range and a transport; call it before `rclpy.init`."""
    # Commands to hands have no business on the office network.
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    # Over shared memory, a process that is killed can block its peers for good (eProsima/Fast-DDS
    # issues 1144 and 5469); over the loopback device it cannot.
    # What comes while a process has to wait for a core overflows the system's default of 200 kB; of
    # what is lost, writers remember only the last 20. The system cuts this down to what it allows.
    os.environ.setdefault("FASTDDS_BUILTIN_TRANSPORTS", "UDPv4?sockets_size=2097152")
