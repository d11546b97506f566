"""Names of files that are not MIDI, and what to do with them."""

from typing import Final

from pianomime.score.midi_chunks import find_header

_STARTS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x1f\x8b", "a gzip archive; unpack it with gunzip"),
    (b"BZh", "a bzip2 archive; unpack it with bunzip2"),
    (b"\xfd7zXZ", "an xz archive; unpack it with unxz"),
    (b"7z\xbc\xaf", "a 7-Zip archive; unpack it"),
    (b"Rar!", "a RAR archive; unpack it"),
    (b"PK", "a zip archive; unpack it"),
    (b"version https://git-lfs", "a Git LFS pointer; fetch the file with git lfs pull"),
    (b"FORM", "an XMI file (Miles Sound System); convert it to MIDI, for example with xmi2mid"),
    (b"CAT ", "an XMI file (Miles Sound System); convert it to MIDI, for example with xmi2mid"),
    (b"MUS\x1a", "a MUS file (DMX); convert it to MIDI, for example with mus2mid"),
    (b"HMI-MIDI", "an HMI file; convert it to MIDI"),
    (b"X:", "ABC notation; convert it to MIDI with abc2midi"),
    (b"%abc", "ABC notation; convert it to MIDI with abc2midi"),
    (b"%PDF", "a PDF document; export MIDI from the program that made it"),
    (b"\x89PNG", "a picture; export MIDI from the program that made it"),
    (b"\xff\xd8\xff", "a picture; export MIDI from the program that made it"),
    (b"ID3", "an audio recording; transcribe it to MIDI"),
    (b"OggS", "an audio recording; transcribe it to MIDI"),
    (b"fLaC", "an audio recording; transcribe it to MIDI"),
    (b"RIFF", "a RIFF file without MIDI, perhaps an audio recording; export MIDI"),
)
"""How each kind of file starts, and what it is called."""

_MAC_BINARY_BYTES: Final = 128
_HEAD_BYTES: Final = 4096
_BOMS: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8"}


def is_music_xml(data: bytes) -> bool:
    """Return whether a file is MusicXML, plain or compressed (.mxl)."""
    if data[:2] == b"PK":
        return b"META-INF/container.xml" in data
    text = _text(data)
    return "<score-partwise" in text or "<score-timewise" in text


def other_kind(data: bytes) -> str | None:
    """Return what a file is if it is not MIDI, and what to do; None if it has a MIDI header."""
    if not data:
        return "an empty file; download or export it again"
    if _is_mac_binary(data):
        return "a MacBinary file; unpack it, for example with macunpack or The Unarchiver"
    if find_header(data) >= 0:
        return None
    text = _text(data).lower()
    if "<html" in text or "<!doctype html" in text:
        return "a web page; download the MIDI file itself"
    stripped = data.lstrip()
    kind = next((kind for start, kind in _STARTS if stripped.startswith(start)), None)
    if kind is None and text.startswith("<?xml"):
        kind = "an XML file that is not MusicXML; export MIDI from the program that made it"
    return kind or "not a MIDI file: it has no MThd header; export it as MIDI"


def _is_mac_binary(data: bytes) -> bool:
    """Return whether data has a MacBinary header: 0, the length of a name, and the name."""
    is_header = len(data) > _MAC_BINARY_BYTES and data[0] == 0 and 1 <= data[1] <= 63
    return is_header and data[_MAC_BINARY_BYTES:].startswith(b"MThd")


def _text(data: bytes) -> str:
    """Return the start of a file as text."""
    encoding = next((name for bom, name in _BOMS.items() if data.startswith(bom)), "utf-8")
    return data[:_HEAD_BYTES].decode(encoding, errors="replace").lstrip("\ufeff \r\n\t")
