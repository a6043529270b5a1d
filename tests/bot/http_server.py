"""An HTTP server on loopback that behaves as well or as badly as a test wants."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Handler = BaseHTTPRequestHandler
Behaviour = Callable[[Handler, threading.Event], None]
"""Answers a request; long ones are to end when the event is set."""


def begin(handler: Handler, status: int, headers: Mapping[str, str]) -> None:
    """Send a status and headers; an underscore in a name stands for a hyphen."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


def repeats(chunk: bytes, pause_s: float = 0.0, kind: str = "text/event-stream") -> Behaviour:
    """Send the same without an end."""

    def behave(handler: Handler, over: threading.Event) -> None:
        begin(handler, 200, {"Content-Type": kind})
        while not over.wait(pause_s):
            handler.wfile.write(chunk)
            handler.wfile.flush()

    return behave


@contextmanager
def listening(answer: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Run a server whose requests are answered so; yield its port."""
    over = threading.Event()

    class Handling(Handler):
        def do_GET(self) -> None:
            # Whoever asked has gone, as is wanted of a client that had enough.
            with suppress(OSError):
                answer(self, over)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handling) as server:
        server.daemon_threads = True
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            over.set()
            server.shutdown()
            thread.join()
