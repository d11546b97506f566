"""The chunks of a Standard MIDI File: its header and its tracks."""

from dataclasses import dataclass
from typing import Final

from pianomime.errors import ScoreError
from pianomime.score.faults import Fault, Faults

_HEADER: Final = b"MThd"
_TRACK: Final = b"MTrk"
_END_OF_TRACK: Final = b"\xff\x2f\x00"
_HEADER_BYTES: Final = 6
_NAME_BYTES: Final = 8
"""Length of a chunk's identifier and length field."""

_SEQUENCES: Final = 2
"""Format of a file whose tracks follow one another (Standard MIDI Files 1.0)."""

_SMPTE: Final = 0x8000
_FRAME_RATES: Final = {24: 24.0, 25: 25.0, 29: 30_000 / 1001, 30: 30.0}


@dataclass(frozen=True)
class Chunks:
    """Header fields and tracks.

    Attributes:
        is_sequential: Whether the tracks are played one after the other, each with its own tempo.
        ticks_per_quarter: Ticks in a quarter note; 0 with SMPTE time.
        ticks_per_s: Ticks in a second with SMPTE time, otherwise 0.
        tracks: Event bytes of each track.
    """

    is_sequential: bool
    ticks_per_quarter: int
    ticks_per_s: float
    tracks: tuple[bytes, ...]


def find_header(data: bytes) -> int:
    """Return the offset of the MIDI header; -1 if there is none near the start.

    A RIFF container may hold other chunks before it.
    """
    return data.find(_HEADER) if data[:4] == b"RIFF" else data.find(_HEADER, 0, 1024)


def read_chunks(data: bytes, faults: Faults) -> Chunks:
    """Split a file into its tracks. Wrong lengths and foreign bytes are counted in `faults`.

    Raises:
        ScoreError: There is no complete header, or its time division is 0.
    """
    begin = find_header(data)
    if data[:4] == b"RIFF":
        faults[Fault.RIFF] += 1
    elif begin:
        faults[Fault.LEADING] += begin
    fields = data[begin + _NAME_BYTES : begin + _NAME_BYTES + _HEADER_BYTES]
    if begin < 0 or len(fields) < _HEADER_BYTES:
        raise ScoreError("the MIDI header is cut off")
    form, count, division = (int.from_bytes(fields[i : i + 2]) for i in (0, 2, 4))
    length = int.from_bytes(data[begin + 4 : begin + _NAME_BYTES])
    if form > _SEQUENCES or length != _HEADER_BYTES:
        faults[Fault.HEADER] += 1
    at = begin + _NAME_BYTES + max(length, _HEADER_BYTES)
    if not (at == len(data) or _is_chunk(data, at)):
        at = begin + _NAME_BYTES + _HEADER_BYTES
    tracks = _tracks(data, at, faults)
    if count != len(tracks):
        faults[Fault.TRACK_COUNT] += abs(count - len(tracks))
    quarter, per_s = _division(division, faults)
    return Chunks(form == _SEQUENCES, quarter, per_s, tracks)


def _division(division: int, faults: Faults) -> tuple[int, float]:
    """Return ticks per quarter and per second, of which one is 0."""
    if division < _SMPTE:
        quarter, per_s = division, 0.0
    else:
        faults[Fault.SMPTE] += 1
        frames = 256 - (division >> 8)
        quarter, per_s = 0, _FRAME_RATES.get(frames, float(frames)) * (division & 0xFF)
    if not (quarter or per_s):
        raise ScoreError("the time division in the MIDI header is 0; must be at least 1")
    return quarter, per_s


def _tracks(data: bytes, at: int, faults: Faults) -> tuple[bytes, ...]:
    tracks: list[bytes] = []
    while at < len(data):
        if not _is_chunk(data, at):
            later = data.find(_TRACK, at)
            faults[Fault.TRAILING] += (len(data) if later < 0 else later) - at
            if later < 0:
                break
            at = later
        begin = at + _NAME_BYTES
        end = begin + int.from_bytes(data[at + 4 : begin])
        if data[at : at + 4] == _TRACK:
            end = _end(data, begin, end, faults)
            tracks.append(data[begin:end])
        else:
            faults[Fault.FOREIGN] += 1
        at = end
    return tuple(tracks)


def _end(data: bytes, begin: int, end: int, faults: Faults) -> int:
    """Return the end of a track: the one given by its length, or where the next one begins."""
    if begin == end or (end <= len(data) and data[end - 3 : end] == _END_OF_TRACK):
        return end
    if end == len(data) or _is_chunk(data, end):
        return end
    faults[Fault.TRACK_LENGTH] += 1
    later = data.find(_TRACK, begin)
    return len(data) if later < 0 else later


def _is_chunk(data: bytes, at: int) -> bool:
    """Return whether a track begins at `at`, or a chunk of another name that fits in the file."""
    name = data[at : at + 4]
    length = int.from_bytes(data[at + 4 : at + _NAME_BYTES])
    fits = len(data) >= at + _NAME_BYTES + length
    return name == _TRACK or (len(name) == 4 and name.isalnum() and fits)
