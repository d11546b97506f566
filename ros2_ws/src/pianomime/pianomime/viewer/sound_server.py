"""Web page that plays the piano's sound: the browser loads samples and receives MIDI events."""

import json
import queue
import threading
from collections.abc import Sequence
from http import HTTPStatus
from importlib.resources import files
from typing import Final

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from pianomime.simulation.simulation import MidiEvent
from pianomime.viewer.note_sounds import note_sound

BACKLOG: Final = 1000
"""Length of the event queue of each browser; a browser further behind misses events."""


class SoundServer:
    """Server of the page `/`, samples `/note/KEY.wav`, and a WebSocket of MIDI on any path."""

    def __init__(self, host: str, port: int) -> None:
        """Start the server in its own thread.

        Raises:
            OSError: The port is in use.
        """
        self._page = files("pianomime.viewer").joinpath("sound.html").read_bytes()
        self._keys: list[int] = []
        self._listeners: set[queue.Queue[str]] = set()
        self._server: Server = serve(self._talk, host, port, process_request=self._answer)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def prepare(self, keys: Sequence[int]) -> None:
        """Make browsers preload the samples of these keys (0 .. 87)."""
        self._keys = sorted(set(keys))
        self._broadcast({"keys": self._keys})

    def play(self, events: Sequence[MidiEvent]) -> None:
        """Play events; only differences of their times matter."""
        for event in events:
            self._broadcast(
                {
                    "time_s": event.time_s,
                    "kind": event.kind.name,
                    "number": event.number,
                    "value": event.value,
                }
            )

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()

    def _broadcast(self, data: dict[str, object]) -> None:
        for listener in list(self._listeners):
            try:
                listener.put_nowait(json.dumps(data))
            except queue.Full:
                continue

    def _answer(self, _: ServerConnection, request: Request) -> Response | None:
        if "Upgrade" in request.headers:
            return None  # a WebSocket
        if request.path == "/":
            return _response(self._page, "text/html; charset=utf-8")
        name = request.path.removeprefix("/note/").removesuffix(".wav")
        sound = note_sound(int(name)) if name.isdecimal() and int(name) < 88 else None
        if sound is None:
            return _response(b"", "text/plain", HTTPStatus.NOT_FOUND)
        return _response(sound, "audio/wav")

    def _talk(self, connection: ServerConnection) -> None:
        mine: queue.Queue[str] = queue.Queue(BACKLOG)
        mine.put(json.dumps({"keys": self._keys}))
        self._listeners.add(mine)
        try:
            while True:
                connection.send(mine.get())
        except ConnectionClosed:
            pass
        finally:
            self._listeners.discard(mine)


def _response(body: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    headers = Headers({"Content-Type": kind, "Content-Length": str(len(body))})
    return Response(status, status.phrase, headers, body)
