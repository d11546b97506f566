"""When a message is put into the bag: at its stamp, so that a bag plays as evenly as it happened.

When it came would do as well by the wall clock; but a simulation in lock-step goes by fits and
starts, and what it says is late by its own clock.
"""

import struct
from typing import Any, Final

_STAMP_AT: Final = {
    "std_msgs/Header": 4,
    "builtin_interfaces/Time": 4,
    "sequence<geometry_msgs/TransformStamped>": 8,
}
"""Where in the serialised message the stamp is, by the type of its first field."""

_NEAR_NS: Final = 2 * 10**9
"""A stamp further from now is of another clock, or none."""


def stamp_offset(message_type: type[Any]) -> int | None:
    """Return where the stamp of serialised messages (CDR) is; None if they have none."""
    first = next(iter(message_type.get_fields_and_field_types().values()))
    return _STAMP_AT.get(first)


def log_time_ns(data: bytes, offset: int | None, now_ns: int) -> int:
    """Return the stamp of a message, or now where it has none that makes sense [ns]."""
    if offset is None or len(data) < offset + 8:
        return now_ns
    byte_order = "<" if data[1] & 1 else ">"  # the encapsulation's second byte says it
    seconds, nanoseconds = struct.unpack_from(f"{byte_order}iI", data, offset)
    stamp_ns = int(seconds) * 10**9 + int(nanoseconds)
    is_set = stamp_ns > 0 and abs(stamp_ns - now_ns) < _NEAR_NS
    return stamp_ns if is_set else now_ns
