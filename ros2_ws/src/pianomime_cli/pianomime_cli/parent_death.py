"""Child processes that end with their parent, even one that is killed; prctl(2) of Linux."""

import ctypes
import os
import signal
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
"""From linux/prctl.h."""

_prctl: Final = ctypes.CDLL(None).prctl


def end_with(parent: int) -> None:
    """Have SIGTERM sent to this process when `parent` ends; for a child, before its exec.

    Args:
        parent: Process id of the parent; the thread that forks has to live as long.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it ended before
        os.kill(os.getpid(), signal.SIGTERM)
