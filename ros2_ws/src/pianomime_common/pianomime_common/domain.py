"""Locks that allow one simulation (time source) per namespace of a ROS domain."""

import fcntl
import os
import tempfile
from pathlib import Path
from typing import Final, TextIO

from pianomime.errors import ConfigError, PianoMimeError

_HIGHEST: Final = 232
"""Highest ROS domain id; DDS has no ports for higher ones."""


class DomainInUseError(PianoMimeError):
    """Another process has the same role in this domain and namespace."""


class DomainClaim:
    """Exclusive claim on a role ("play" or "sim") in a namespace of this process's ROS domain.

    Implemented as a file lock: the system releases it however the process ends, and checking it
    needs no wait for discovery.
    """

    def __init__(self, part: str, namespace: str) -> None:
        """Claim the role `part` in `namespace`.

        Raises:
            DomainInUseError: Another process has the role; names the process.
            ConfigError: ROS_DOMAIN_ID is not a legal domain.
        """
        domain = os.environ.get("ROS_DOMAIN_ID") or "0"
        if not domain.isdecimal() or int(domain) > _HIGHEST:
            raise ConfigError(f"ROS_DOMAIN_ID = {domain!r}: must be a number in [0, {_HIGHEST}]")
        place = namespace.strip("/").replace("/", ".")
        name = f"pianomime-{os.getuid()}-{part}-domain-{domain}{'-' * bool(place)}{place}.lock"
        file = Path(tempfile.gettempdir(), name).open("a+")  # noqa: SIM115  kept open for the lock
        self._file: TextIO = file
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            holder = self._file.read().strip()
            self._file.close()
            raise DomainInUseError(
                f"ROS domain {domain}{f', namespace {place},' if place else ''} is in use by "
                f"process {holder}; wait for it, or set another ROS_DOMAIN_ID or namespace"
            ) from None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Release the claim."""
        self._file.close()
