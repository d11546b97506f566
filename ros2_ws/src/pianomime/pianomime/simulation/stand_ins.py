"""Import robopianist's models without the audio packages that they import and never call."""

import importlib.util
import sys
from collections.abc import MutableSequence, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final

_UNUSED: Final = ("pyaudio", "note_seq")
"""robopianist.music imports both at the top; building models uses neither."""


class _StandIn(ModuleType):
    """A module in which every name exists and means nothing."""

    __path__: MutableSequence[str] = []  # noqa: RUF012  it has submodules, so that it is a package

    def __getattr__(self, name: str) -> "_StandIn":
        if name.startswith("__"):
            raise AttributeError(name)
        return _StandIn(f"{self.__name__}.{name}")


class _StandInFinder(MetaPathFinder, Loader):
    """Finds stand-ins for some packages and all their submodules."""

    def __init__(self, packages: Sequence[str]) -> None:
        self._packages = packages

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        if fullname.split(".", maxsplit=1)[0] in self._packages:
            return ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


def stand_in_for_audio() -> None:
    """From now on let each audio package that is not installed import as an empty one."""
    missing = [name for name in _UNUSED if importlib.util.find_spec(name) is None]
    if missing:
        sys.meta_path.insert(0, _StandInFinder(missing))
