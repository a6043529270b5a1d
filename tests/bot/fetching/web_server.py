"""A web server on loopback that behaves at each path as well or as badly as a test wants."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bot.http_server import Behaviour, Handler, begin, listening


def sends(
    body: bytes | str, kind: str = "text/html; charset=utf-8", status: int = 200, **headers: str
) -> Behaviour:
    """Send a body of some type; without a type, no header names one."""
    data = body.encode() if isinstance(body, str) else body

    def behave(handler: Handler, _over: threading.Event) -> None:
        typed = {"Content-Type": kind} if kind else {}
        begin(handler, status, {**typed, "Content-Length": str(len(data)), **headers})
        handler.wfile.write(data)

    return behave


def leads(location: str, status: int = 302, **headers: str) -> Behaviour:
    """Redirect."""
    return sends(b"", status=status, Location=location, **headers)


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
def serving(
    pages: dict[str, Behaviour] | None = None, proof: Path | None = None, key: Path | None = None
) -> Iterator[Web]:
    """Run a server, over TLS if it has a certificate as a proof of its name."""
    tls = None
    if proof:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(proof, key)
    web = Web(dict(pages or {}))

    def answer(handler: Handler, over: threading.Event) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        web.asked.append((handler.path, headers))
        web.pages.get(handler.path, sends("nothing", status=404))(handler, over)

    with listening(answer, tls) as web.port:
        yield web
