"""The far end of an emulated keyboard's cable: a TCP port of this machine."""

import socket

import mido

from pianomime.errors import OutputError
from pianomime.hardware.midi_bytes import MidiReader, MidiWriter
from pianomime.simulation.simulation import MidiEvent


class KeyboardCable:
    """Serves one peer at a time; a new one takes the place of the old."""

    def __init__(self, port: int) -> None:
        """Wait for peers.

        Raises:
            OutputError: The port is taken.
        """
        self._server = socket.socket()
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._server.bind(("127.0.0.1", port))
        except OSError as error:
            raise OutputError(f"midi_port = {port}: {error.strerror}") from error
        self._server.listen(1)
        self._server.setblocking(False)
        self._peer: socket.socket | None = None

    def look(self) -> list[mido.Message]:
        """Take a new peer; returns what the peer has sent."""
        try:
            peer, _ = self._server.accept()
        except BlockingIOError:
            pass
        else:
            self.unplug()
            peer.setblocking(False)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._peer, self._writer, self._reader = peer, MidiWriter(), MidiReader()
        if self._peer is None:
            return []
        try:
            data = self._peer.recv(4096)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if not data:
            self.unplug()
        return self._reader.feed(data)

    def send(self, event: MidiEvent) -> None:
        """Send an event, if anybody is there."""
        if self._peer is not None:
            try:
                self._peer.sendall(self._writer.write(event))
            except OSError:
                self.unplug()

    def unplug(self) -> None:
        """Hang up."""
        if self._peer is not None:
            self._peer.close()
            self._peer = None

    def close(self) -> None:
        """Let go of the port."""
        self.unplug()
        self._server.close()
