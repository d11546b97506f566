"""Log time of a message in the bag: its stamp, so that playback is evenly timed.

In real time the receive time would do. A lock-step simulation advances irregularly, and its
messages are received late with respect to simulated time.
"""

import struct
from typing import Any, Final

_STAMP_AT: Final = {
    "std_msgs/Header": 4,
    "builtin_interfaces/Time": 4,
    "sequence<geometry_msgs/TransformStamped>": 8,
}
"""Offset of the stamp in the serialised message [bytes], by the type of its first field."""

_NEAR_NS: Final = 2 * 10**9
"""Maximum difference of stamp and receive time [ns]; beyond it the stamp is not used."""


def stamp_offset(message_type: type[Any]) -> int | None:
    """Return the offset of the stamp in serialised (CDR) messages [bytes]; None without stamp."""
    first = next(iter(message_type.get_fields_and_field_types().values()))
    return _STAMP_AT.get(first)


def log_time_ns(data: bytes, offset: int | None, now_ns: int) -> int:
    """Return a message's stamp [ns], or `now_ns` if it has no plausible stamp."""
    if offset is None or len(data) < offset + 8:
        return now_ns
    byte_order = "<" if data[1] & 1 else ">"  # second byte of the CDR encapsulation
    seconds, nanoseconds = struct.unpack_from(f"{byte_order}iI", data, offset)
    stamp_ns = int(seconds) * 10**9 + int(nanoseconds)
    is_set = stamp_ns > 0 and abs(stamp_ns - now_ns) < _NEAR_NS
    return stamp_ns if is_set else now_ns
