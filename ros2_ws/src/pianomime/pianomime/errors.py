"""Errors caused by bad input. Each message names the offender and the legal values."""


class PianoMimeError(Exception):
    """Base class of errors caused by bad input; commands print the message as one line."""


class ConfigError(PianoMimeError):
    """A configuration value is outside its range."""


class ControllerError(PianoMimeError):
    """A controller is unknown, or its description is invalid."""


class ScoreError(PianoMimeError):
    """A file or list of notes is not a playable score."""


class ModelError(PianoMimeError):
    """A model, checkpoint or command does not match the hands: embodiment, names, sizes."""


class OutputError(PianoMimeError):
    """A file or folder cannot be written."""


class MissingPackageError(PianoMimeError):
    """A Python package of an optional extra is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        """Build the message from the package and the extra that provides it."""
        super().__init__(
            f"{package} is missing; run: tools/setup {extra}, or pip install 'pianomime[{extra}]'"
        )
