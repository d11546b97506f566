"""Where a keyboard's bytes come from: a port of the system, a raw device, or a TCP connection."""

import os
import select
import socket
from pathlib import Path
from typing import Final, Protocol

import mido

from pianomime.errors import PianoMimeError
from pianomime.hardware.midi_bytes import MidiReader

LOOK_EVERY: Final = 200
"""To list the system's ports takes a while, so it is done at one in so many looks for messages."""


class PortError(PianoMimeError):
    """There is no such MIDI port, or it has gone."""


class MidiPort(Protocol):
    """An open connection to a keyboard; any call raises PortError once it has gone."""

    def receive(self) -> list[mido.Message]:
        """Return what has come, without waiting."""

    def send(self, message: mido.Message) -> None:
        """Send a message."""

    def close(self) -> None:
        """Let go."""


def open_port(name: str) -> MidiPort:
    """Open a keyboard.

    Args:
        name: `tcp:HOST:PORT`, the path of a raw MIDI device (/dev/snd/midiC1D0), or a part of the
            name of one of the system's MIDI ports.

    Raises:
        PortError: There is none; names those that there are.
    """
    if name.startswith("tcp:"):
        return _TcpPort(name)
    if name.startswith("/"):
        return _RawPort(Path(name))
    return _SystemPort(name)


class _TcpPort:
    def __init__(self, name: str) -> None:
        host, _, port = name.removeprefix("tcp:").rpartition(":")
        if not (host and port.isdecimal()):
            raise PortError(f"{name!r}: must be tcp:HOST:PORT")
        self._name = name
        self._reader = MidiReader()
        try:
            self._socket = socket.create_connection((host, int(port)), timeout=1.0)
        except OSError as error:
            raise PortError(f"{name}: {error.strerror or error}") from error
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def receive(self) -> list[mido.Message]:
        messages: list[mido.Message] = []
        while True:
            try:
                data = self._socket.recv(4096)
            except BlockingIOError:
                return messages
            except OSError as error:
                raise PortError(f"{self._name}: {error.strerror}") from error
            if not data:
                raise PortError(f"{self._name}: the keyboard has hung up")
            messages += self._reader.feed(data)

    def send(self, message: mido.Message) -> None:
        try:
            self._socket.sendall(message.bin())
        except OSError as error:
            raise PortError(f"{self._name}: {error.strerror}") from error

    def close(self) -> None:
        self._socket.close()


class _RawPort:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader = MidiReader()
        try:
            self._file = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        except OSError as error:
            raise PortError(f"{path}: {error.strerror}") from error

    def receive(self) -> list[mido.Message]:
        try:
            if not select.select([self._file], [], [], 0)[0]:
                return []
            data = os.read(self._file, 4096)
        except OSError as error:
            raise PortError(f"{self._path}: {error.strerror}") from error
        if not data:
            raise PortError(f"{self._path}: the keyboard has gone")
        return self._reader.feed(data)

    def send(self, message: mido.Message) -> None:
        try:
            os.write(self._file, message.bin())
        except OSError as error:
            raise PortError(f"{self._path}: {error.strerror}") from error

    def close(self) -> None:
        os.close(self._file)


class _SystemPort:
    """A port that mido finds; it has gone when its name has."""

    def __init__(self, part: str) -> None:
        names = _system_ports()
        fitting = [name for name in names if part.lower() in name.lower()]
        if not fitting:
            raise PortError(f"no MIDI port {part!r}; there are: {', '.join(names) or 'none'}")
        self._name = fitting[0]
        try:
            self._port = mido.open_ioport(self._name)
        except (OSError, RuntimeError) as error:
            raise PortError(f"{self._name}: {error}") from error
        self._received = 0

    def receive(self) -> list[mido.Message]:
        self._received += 1
        if self._received % LOOK_EVERY == 0 and self._name not in _system_ports():
            raise PortError(f"{self._name}: unplugged")
        return list(self._port.iter_pending())

    def send(self, message: mido.Message) -> None:
        try:
            self._port.send(message)
        except (OSError, RuntimeError) as error:
            raise PortError(f"{self._name}: {error}") from error

    def close(self) -> None:
        self._port.close()


def _system_ports() -> list[str]:
    try:
        return list(mido.get_ioport_names())
    except (ImportError, OSError, RuntimeError, SystemError) as error:
        raise PortError(f"this system has no MIDI ({error})") from error
    except Exception as error:  # rtmidi's own SystemError is none of Python's
        raise PortError(f"this system has no MIDI ({error})") from error
