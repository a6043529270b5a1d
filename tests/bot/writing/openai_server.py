"""A server on loopback that speaks OpenAI's protocol as well or as badly as a test wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.bot.http_server import Behaviour as Behaviour
from tests.bot.http_server import Handler, begin, listening

STREAM = {"Content-Type": "text/event-stream"}
DONE = b"data: [DONE]\n\n"


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


def sends(*chunks: bytes, status: int = 200, **headers: str) -> Behaviour:
    """Send bytes as a stream of events, and close."""

    def behave(handler: Handler, _over: threading.Event) -> None:
        begin(handler, status, {**STREAM, **headers})
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
        begin(handler, 200, STREAM)
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
        begin(handler, 200, STREAM)
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
    lock = threading.Lock()
    now = 0

    def answer(handler: Handler, over: threading.Event) -> None:
        nonlocal now
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        with lock:
            headers = {name.lower(): value for name, value in handler.headers.items()}
            server.requests.append((headers, json.loads(body)))
            behave, *others = server.behaviours
            server.behaviours = others or [behave]
            now += 1
            server.busiest = max(server.busiest, now)
        try:
            behave(handler, over)
        finally:
            with lock:
                now -= 1

    with listening(answer) as server.port:
        yield server


def pieces(text: str, size: int = 3) -> Iterable[str]:
    """Cut a text as a model's tokens do."""
    return [text[at : at + size] for at in range(0, len(text), size)]
