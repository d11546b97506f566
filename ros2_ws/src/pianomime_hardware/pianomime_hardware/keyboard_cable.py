"""MIDI connection of the emulated keyboard: a TCP server on the loopback device."""

import socket

import mido

from pianomime.errors import OutputError
from pianomime.hardware.midi_bytes import MidiReader, MidiWriter
from pianomime.simulation.simulation import MidiEvent


class KeyboardCable:
    """MIDI server for one peer at a time; a new peer replaces the old one."""

    def __init__(self, port: int) -> None:
        """Open the server.

        Raises:
            OutputError: The port is taken.
        """
        self._port = port
        self._server: socket.socket | None = None
        self._peer: socket.socket | None = None
        self.plug()

    def plug(self) -> None:
        """Listen for peers, unless already listening.

        Raises:
            OutputError: The port is taken.
        """
        if self._server is not None:
            return
        server = socket.socket()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", self._port))
        except OSError as error:
            server.close()
            raise OutputError(f"midi_port = {self._port}: {error.strerror}") from error
        server.listen(1)
        server.setblocking(False)
        self._server = server

    def unplug(self) -> None:
        """Disconnect the peer, and refuse new ones."""
        self._hang_up()
        if self._server is not None:
            self._server.close()
            self._server = None

    def look(self) -> list[mido.Message]:
        """Accept a new peer, if any; return the messages received from the peer."""
        if self._server is None:
            return []
        try:
            peer, _ = self._server.accept()
        except BlockingIOError:
            pass
        else:
            self._hang_up()
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
            self._hang_up()
        return self._reader.feed(data)

    def send(self, event: MidiEvent) -> None:
        """Send an event to the peer, if any."""
        if self._peer is not None:
            try:
                self._peer.sendall(self._writer.write(event))
            except OSError:
                self._hang_up()

    def _hang_up(self) -> None:
        if self._peer is not None:
            self._peer.close()
            self._peer = None
