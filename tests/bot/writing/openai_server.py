"""A server on loopback that speaks OpenAI's protocol as well or as badly as a test wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Handler = BaseHTTPRequestHandler
Behaviour = Callable[[Handler, threading.Event], None]
"""Answers a request; long ones are to end when the event is set."""


def event(text: object) -> bytes:
    """Make an event of a stream that carries a piece of text."""
    document = {
        "id": "1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "fake",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}],
    }
    return f"data: {json.dumps(document)}\n\n".encode()


DONE = b"data: [DONE]\n\n"


def sends(*chunks: bytes, status: int = 200, **headers: str) -> Behaviour:
    """Send bytes as a stream of events, and close."""

    def behave(handler: Handler, _over: threading.Event) -> None:
        _begin(handler, status, headers)
        for chunk in chunks:
            handler.wfile.write(chunk)
            handler.wfile.flush()

    return behave


def says(*pieces: str) -> Behaviour:
    """Stream text as a good server does."""
    return sends(*map(event, pieces), DONE)


def says_when(released: threading.Event, *pieces: str) -> Behaviour:
    """Stream the first piece, and the others only once they are released."""

    def behave(handler: Handler, over: threading.Event) -> None:
        _begin(handler, 200, {})
        handler.wfile.write(event(pieces[0]))
        handler.wfile.flush()
        while not released.wait(0.01):
            if over.is_set():
                return
        for piece in pieces[1:]:
            handler.wfile.write(event(piece))
        handler.wfile.write(DONE)

    return behave


def drips(*pieces: str) -> Behaviour:
    """Stream text as a good server does, with pauses."""

    def behave(handler: Handler, over: threading.Event) -> None:
        _begin(handler, 200, {})
        for piece in pieces:
            handler.wfile.write(event(piece))
            handler.wfile.flush()
            over.wait(0.05)
        handler.wfile.write(DONE)

    return behave


def stalls(*chunks: bytes) -> Behaviour:
    """Send bytes, and then nothing, without an end."""

    def behave(handler: Handler, over: threading.Event) -> None:
        sends(*chunks)(handler, over)
        over.wait(60)

    return behave


def repeats(chunk: bytes, pause_s: float = 0.0) -> Behaviour:
    """Send the same without an end."""

    def behave(handler: Handler, over: threading.Event) -> None:
        _begin(handler, 200, {})
        while not over.wait(pause_s):
            handler.wfile.write(chunk)
            handler.wfile.flush()

    return behave


def _begin(handler: Handler, status: int, headers: dict[str, str]) -> None:
    handler.send_response(status)
    for name, value in {"Content-Type": "text/event-stream", **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


@dataclass
class Server:
    """A server that runs.

    Attributes:
        behaviours: What it does at the next requests, in order; the last one at all others.
        requests: What it was asked: headers, with names in lower case, and document.
        busiest: Most requests that were answered at once.
    """

    behaviours: list[Behaviour]
    requests: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    busiest: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def asked(self) -> str:
        """All that it was told, in the last request."""
        return "\n".join(str(one["content"]) for one in self.requests[-1][1]["messages"])


@contextmanager
def serving(*behaviours: Behaviour) -> Iterator[Server]:
    """Run a server."""
    server = Server(list(behaviours))
    over = threading.Event()
    lock = threading.Lock()
    now = 0

    class Handling(Handler):
        def do_POST(self) -> None:
            nonlocal now
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                headers = {name.lower(): value for name, value in self.headers.items()}
                server.requests.append((headers, json.loads(body)))
                behave, *others = server.behaviours
                server.behaviours = others or [behave]
                now += 1
                server.busiest = max(server.busiest, now)
            try:
                behave(self, over)
            except OSError:
                pass  # Whoever asked has gone, as is wanted of a client that had enough.
            finally:
                with lock:
                    now -= 1

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handling) as listening:
        listening.daemon_threads = True
        server.port = listening.server_address[1]
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            over.set()
            listening.shutdown()
            thread.join()


def pieces(text: str, size: int = 3) -> Iterable[str]:
    """Cut a text as a model's tokens do."""
    return [text[at : at + size] for at in range(0, len(text), size)]
