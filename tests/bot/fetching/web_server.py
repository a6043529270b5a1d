"""A web server on loopback that behaves at each path as well or as badly as a test wants."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Handler = BaseHTTPRequestHandler
Behaviour = Callable[[Handler, threading.Event], None]
"""Answers a request; long ones are to end when the event is set."""


def sends(
    body: bytes | str, kind: str = "text/html; charset=utf-8", status: int = 200, **headers: str
) -> Behaviour:
    """Send a body of some type; without a type, no header names one."""
    data = body.encode() if isinstance(body, str) else body

    def behave(handler: Handler, _over: threading.Event) -> None:
        handler.send_response(status)
        if kind:
            handler.send_header("Content-Type", kind)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)

    return behave


def leads(location: str, status: int = 302, **headers: str) -> Behaviour:
    """Redirect."""
    return sends(b"", status=status, Location=location, **headers)


def drips(byte: bytes, pause_s: float) -> Behaviour:
    """Send the same without an end."""

    def behave(handler: Handler, over: threading.Event) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/plain")
        handler.end_headers()
        while not over.wait(pause_s):
            handler.wfile.write(byte)
            handler.wfile.flush()

    return behave


def stalls(handler: Handler, over: threading.Event) -> None:
    """Accept the request and keep silent."""
    over.wait(60)


@dataclass
class Web:
    """A server that runs.

    Attributes:
        pages: What it does at each path, or at each address if it is used as a proxy.
        asked: The paths that were asked for, each with its headers, names in lower case.
    """

    pages: dict[str, Behaviour]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    port: int = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/") -> str:
        return f"http://{self.host}{path}"


@contextmanager
def serving(pages: dict[str, Behaviour] | None = None) -> Iterator[Web]:
    """Run a server."""
    web = Web(dict(pages or {}))
    over = threading.Event()

    class Handling(Handler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            web.asked.append((self.path, headers))
            # Whoever asked has gone, as is wanted of a client that had enough.
            with suppress(OSError):
                web.pages.get(self.path, sends("nothing", status=404))(self, over)

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handling) as listening:
        listening.daemon_threads = True
        web.port = listening.server_address[1]
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield web
        finally:
            over.set()
            listening.shutdown()
            thread.join()
