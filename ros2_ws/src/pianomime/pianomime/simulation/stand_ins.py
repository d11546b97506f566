"""Import robopianist's models without the audio packages that they import and never call."""

import importlib.util
import sys
from types import ModuleType
from typing import Final

_UNUSED: Final = ("pyaudio", "note_seq")
"""robopianist.music imports both at the top; building models uses neither."""


class _StandIn(ModuleType):
    """A module in which every name exists and means nothing."""

    def __getattr__(self, name: str) -> "_StandIn":
        if name.startswith("__"):
            raise AttributeError(name)
        return _StandIn(f"{self.__name__}.{name}")


def stand_in_for_audio() -> None:
    """Register an empty module for each audio package that is not installed."""
    for name in _UNUSED:
        if name not in sys.modules and importlib.util.find_spec(name) is None:
            sys.modules[name] = _StandIn(name)
