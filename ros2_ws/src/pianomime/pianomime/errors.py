"""Errors a user can cause. Each message names the offender and the legal values."""


class PianoMimeError(Exception):
    """Base of every error that bad input causes; a command line prints it as one line."""


class ConfigError(PianoMimeError):
    """A configuration value is outside its range."""


class ControllerError(PianoMimeError):
    """A controller is unknown, or its package does not describe it properly."""


class ScoreError(PianoMimeError):
    """A file or a list of notes is not a score that can be played."""


class ModelError(PianoMimeError):
    """A model or command does not fit the hands: wrong embodiment, names, sizes."""


class OutputError(PianoMimeError):
    """A file or folder cannot be written."""


class MissingPackageError(PianoMimeError):
    """A Python package of an extra is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        """Name the package and the extra that brings it."""
        super().__init__(
            f"{package} is missing; run: tools/setup {extra}, or pip install 'pianomime[{extra}]'"
        )
