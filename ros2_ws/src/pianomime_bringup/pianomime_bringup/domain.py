"""One graph of ours for each ROS domain of this machine."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pianomime.errors import ConfigError, PianoMimeError

_HIGHEST = 232  # beyond it DDS runs out of ports


class DomainInUseError(PianoMimeError):
    """Another graph of ours holds the domain."""


@contextmanager
def claim_domain() -> Iterator[int]:
    """Hold this process's ROS domain, and keep its traffic on this machine unless told otherwise.

    Raises:
        DomainInUseError: Another `pianomime` holds it; names the process.
        ConfigError: ROS_DOMAIN_ID is not a domain.
    """
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    text = os.environ.get("ROS_DOMAIN_ID") or "0"
    if not text.isdecimal() or int(text) > _HIGHEST:
        raise ConfigError(f"ROS_DOMAIN_ID = {text!r}: must be a number in [0, {_HIGHEST}]")
    path = Path(tempfile.gettempdir(), f"pianomime-{os.getuid()}-domain-{text}.lock")
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise DomainInUseError(
                f"ROS domain {text} is in use by process {lock.read().strip()}; "
                "wait for it or set another ROS_DOMAIN_ID"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield int(text)
