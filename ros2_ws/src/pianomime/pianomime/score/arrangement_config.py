"""Options of an arrangement: which parts, from when to when, how high and how fast."""

from dataclasses import dataclass

from pianomime.config import Config, parameter
from pianomime.errors import ConfigError


def part_numbers(tracks: str) -> tuple[int, ...]:
    """Return the part numbers in a comma-separated list.

    Raises:
        ConfigError: It holds something else than numbers of at least 1.
    """
    words = [word.strip() for word in tracks.split(",")] if tracks.strip() else []
    if not all(word.isdecimal() and int(word) >= 1 for word in words):
        raise ConfigError(f"tracks = {tracks!r}: must be comma-separated numbers from 1, as 1,3")
    return tuple(int(word) for word in words)


@dataclass(frozen=True, kw_only=True)
class ArrangementConfig(Config):
    """Selection and transformation of a song."""

    tracks: str = parameter(
        "",
        "Parts of the file to play, by number, as 1,3; empty: those of pianos, or else all",
        legal=part_numbers,
    )
    from_s: float = parameter(
        0.0, "Start of the excerpt, from the first note of the written music [s]", ge=0.0, le=1e6
    )
    to_s: float = parameter(0.0, "End of the excerpt [s]; 0: to the end", ge=0.0, le=1e6)
    transpose: int = parameter(0, "Transposition of the score in semitones", ge=-87, le=87)
    stretch: float = parameter(1.0, "Factor on all durations; 2 is half the tempo", ge=0.1, le=10.0)

    def __post_init__(self) -> None:
        """Check the excerpt, too."""
        super().__post_init__()
        if self.to_s and self.to_s <= self.from_s:
            raise ConfigError(f"to_s = {self.to_s:g}: must be after from_s = {self.from_s:g}, or 0")

    @property
    def arrangement(self) -> "ArrangementConfig":
        """These options alone, without those of a subclass."""
        return self.part(ArrangementConfig)
