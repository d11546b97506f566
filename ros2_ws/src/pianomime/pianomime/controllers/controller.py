"""A row of the table of controllers."""

import dataclasses
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pkgutil import resolve_name
from typing import Any, Final

from pianomime.config import Config
from pianomime.errors import ControllerError
from pianomime.timing import Timing

FILES: Final = ("learned", "demo", "checkpoint")
"""Arguments of the graph that give a controller a file."""

BENCH_OPTIONS: Final = ("checkpoint", "rollouts")
"""Options of `pianomime bench` that only some preparations take."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_DOTTED: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """A way to prepare a controller for `pianomime bench`, in one process and without ROS.

    Attributes:
        name: Value of bench's option `--controller`.
        function: Dotted name, `module:function`, of a `pianomime.evaluation.players.Prepare`.
        options: Those of `BENCH_OPTIONS` that it takes.
    """

    name: str
    function: str
    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ControllerError: One is malformed.
        """
        _check_name("name", self.name)
        _check_dotted("function", self.function)
        _check_some_of("options", self.options, BENCH_OPTIONS)

    @property
    def package(self) -> str:
        """Top-level package of the function."""
        return self.function.partition(":")[0].partition(".")[0]

    def load(self) -> Any:
        """Import the function.

        Raises:
            ControllerError: It cannot be imported.
        """
        return _load(self.name, self.function)


@dataclass(frozen=True, kw_only=True)
class Controller:
    """A controller that can be named: its node, and how to bench it without one.

    What belongs to ROS is given by dotted name, `module:attribute`, and imported when it is used.

    Attributes:
        name: Name of the node, of its topic `NAME/command`, and in options: letters, digits, _.
        description: One line for people.
        package: ROS package of the node.
        executable: Executable of the node; its module is PACKAGE.EXECUTABLE_node.
        config: Dotted name of the node's parameters: a `Config` with `embodiment`, those of
            `Timing`, and `files`.
        listens: Dotted names of the `Topic`s that it subscribes to besides goals and joint states.
        files: Those of `FILES` that its node takes as parameters.
        preparations: Ways to prepare it for `pianomime bench`; none if it cannot be benched.
    """

    name: str
    description: str
    package: str
    executable: str
    config: str
    listens: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    preparations: tuple[Preparation, ...] = ()

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ControllerError: One is malformed.
        """
        for column in ("name", "package", "executable"):
            _check_name(column, getattr(self, column))
        if not isinstance(self.description, str) or not self.description.strip():
            raise ControllerError(f"description = {self.description!r}: must be a line of text")
        _check_dotted("config", self.config)
        _check_tuple("listens", self.listens, str)
        for dotted in self.listens:
            _check_dotted("listens", dotted)
        _check_some_of("files", self.files, FILES)
        _check_tuple("preparations", self.preparations, Preparation)

    @property
    def module(self) -> str:
        """Python module of the node."""
        return f"{self.package}.{self.executable}_node"

    def load_config(self) -> type[Config]:
        """Import the class of the node's parameters, and check that there is such a node.

        Raises:
            ControllerError: It cannot be imported or lacks a parameter, or there is no node.
        """
        config = _load(self.name, self.config)
        what = f"controller {self.name!r}: {self.config}"
        if not (isinstance(config, type) and issubclass(config, Config)):
            raise ControllerError(f"{what}: must be a subclass of pianomime.config.Config")
        fields = {field.name for field in dataclasses.fields(config)}
        needed = ("embodiment", *(field.name for field in dataclasses.fields(Timing)), *self.files)
        missing = [name for name in needed if name not in fields]
        if missing:
            raise ControllerError(f"{what}: has no parameter {', '.join(missing)}")
        try:
            found = find_spec(self.module)
        except Exception as error:  # whatever the package raises when it is imported
            raise ControllerError(
                f"controller {self.name!r}: {self.module}: {describe(error)}"
            ) from error
        if found is None:
            raise ControllerError(f"controller {self.name!r}: there is no module {self.module}")
        return config

    def load_topics(self) -> tuple[Any, ...]:
        """Import the topics that it subscribes to besides goals and joint states.

        Raises:
            ControllerError: One cannot be imported.
        """
        return tuple(_load(self.name, dotted) for dotted in self.listens)


def describe(error: BaseException) -> str:
    """Return an exception in one line: its type and message."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _load(controller: str, dotted: str) -> Any:
    try:
        return resolve_name(dotted)
    except Exception as error:  # whatever the package raises when it is imported
        raise ControllerError(f"controller {controller!r}: {dotted}: {describe(error)}") from error


def _check_name(column: str, value: object) -> None:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ControllerError(
            f"{column} = {value!r}: must be lower-case letters, digits and _, a letter first"
        )


def _check_dotted(column: str, value: object) -> None:
    if not isinstance(value, str) or not _DOTTED.fullmatch(value):
        raise ControllerError(f"{column} = {value!r}: must be a dotted name, module:attribute")


def _check_tuple(column: str, value: object, kind: type) -> None:
    if not isinstance(value, tuple) or not all(isinstance(item, kind) for item in value):
        raise ControllerError(f"{column} = {value!r}: must be a tuple of {kind.__name__}")


def _check_some_of(column: str, value: object, legal: tuple[str, ...]) -> None:
    _check_tuple(column, value, str)
    unknown = [item for item in value if item not in legal]  # type: ignore[attr-defined]
    if unknown:
        raise ControllerError(f"{column}: {unknown[0]!r}: must be one of {', '.join(legal)}")
