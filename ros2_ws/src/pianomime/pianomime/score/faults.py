"""Faults of a file that cost at most the event that bears them."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum


class Fault(StrEnum):
    """Kind of a fault in a MIDI file; the value names it in the plural."""

    RIFF = "RIFF containers"
    LEADING = "bytes before the header"
    HEADER = "header fields out of range"
    TRACK_COUNT = "tracks more or less than the header says"
    TRACK_LENGTH = "tracks of a wrong length"
    NO_END = "tracks without an end"
    FOREIGN = "foreign chunks"
    TRAILING = "bytes outside chunks"
    SMPTE = "SMPTE time divisions"
    DELTA = "times out of range"
    DATA = "data bytes above 127"
    META = "meta events of a wrong length or value"
    SYSTEM = "system messages"
    STRAY = "bytes outside events"
    CUT_OFF = "events cut off"
    ZERO_LENGTH = "notes of zero length"
    ENDLESS = "notes that never end"
    NO_NOTE = "note-offs without a note"


Faults = Counter[Fault]
"""Number of faults of each kind."""


def faults_line(faults: Mapping[Fault, int]) -> str:
    """Return one line that counts the faults, in the order of `Fault`; empty if there are none."""
    return ", ".join(f"{fault}: {faults[fault]}" for fault in Fault if faults.get(fault))
