"""A small web server, for webhook, monitor and web page, which is safe against slow clients."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress

import h11
import uvicorn
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.errors import BotError

_log = logging.getLogger(__name__)

_IDLE_S = 75
"""Seconds that a connection may stay without a request, or take for the head of one. It is closed
after at most twice as many, as connections are checked so often."""
_LINGER_S = 1.0
"""Seconds that the rest of an unwanted body is read for, so that its sender can read the answer
before the connection is closed."""
_IN_HAND_S = 5
"""Seconds that running requests may take when the server ends."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@asynccontextmanager
async def listening(
    app: ASGIApp, host: str, port: int, setting: str, *, idle_s: float = _IDLE_S
) -> AsyncIterator[int]:
    """Serve HTTP while the block runs; running requests are finished at its end.

    Args:
        app: An ASGI application; an error that it raises is logged and answered with 500.
        host: The address or name to listen at.
        port: The port; 0 takes any free one.
        setting: The name of the setting that chooses the port, for the message of an error.
        idle_s: Seconds that a connection may stay without a request.

    Yields:
        The port.

    Raises:
        BotError: The port is taken, or the host is not one of this machine's.
    """
    try:
        sockets = await _bound(host, port)
    except OSError as exc:
        # The loop's message repeats the address; an error of a name has no message but the loop's.
        reason = os.strerror(exc.errno) if exc.errno and exc.errno > 0 else exc.strerror
        raise BotError(
            f"cannot listen at {host}, port {port} ({reason}); wanted a free port at an "
            f"address of this machine: stop what listens there, or change {setting}"
        ) from exc
    server = _Server(_guarded(app), idle_s)
    running = asyncio.create_task(server.serve(sockets))
    try:
        yield sockets[0].getsockname()[1]
    finally:
        server.end()
        await running


async def until_signal(serve: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Serve until SIGINT or SIGTERM, which sets the event; a second one ends the process at once.

    Args:
        serve: It is given the event, and returns when all is finished.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end() -> None:
        stop.set()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
            # Python's own for SIGINT would wait for the threads.
            signal.signal(number, signal.SIG_DFL)

    with suppress(NotImplementedError):  # Windows: Ctrl+C cancels this task instead
        for number in _SIGNALS:
            loop.add_signal_handler(number, end)
    await serve(stop)


async def read_body(request: Request, most: int) -> bytes:
    """Read the body of a request.

    Args:
        request: The request.
        most: The longest body that is read, in bytes.

    Raises:
        HTTPException: It is longer, or its sender is gone.
    """
    if int(request.headers.get("Content-Length", 0)) > most:
        raise HTTPException(413)
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > most:
                raise HTTPException(413)
    except ClientDisconnect:
        raise HTTPException(400) from None
    return bytes(body)


async def _bound(host: str, port: int) -> list[socket.socket]:
    # The loop can listen at a name of several addresses; its own server is not started.
    loop = asyncio.get_running_loop()
    taken = await loop.create_server(asyncio.Protocol, host, port, start_serving=False)
    sockets = [one.dup() for one in taken.sockets]
    taken.close()
    for one in sockets:
        one.listen()
    return sockets


class _Server(uvicorn.Server):
    """A server of uvicorn that leaves signals to the bot and closes idle connections."""

    def __init__(self, app: ASGIApp, idle_s: float) -> None:
        self._idle_s = idle_s
        self._over = asyncio.Event()
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            # It would log requests that are no HTTP; `_guarded` logs the application's errors.
            log_level=logging.CRITICAL + 1,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=_IDLE_S,
            timeout_graceful_shutdown=_IN_HAND_S,
        )
        super().__init__(config)

    def end(self) -> None:
        """Ask the server to end."""
        self.should_exit = True
        self._over.set()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture no signals."""
        yield

    async def main_loop(self) -> None:
        """Wait for the end, and close connections that stay idle meanwhile."""
        before: set[tuple[H11Protocol, object]] = set()
        while not self._over.is_set():
            idle = {
                (one, one.cycle)
                for one in self.server_state.connections
                if isinstance(one, H11Protocol) and (not one.cycle or one.cycle.response_complete)
            }
            for connection, _ in idle & before:
                connection.transport.close()
            before = idle
            with suppress(TimeoutError):
                async with asyncio.timeout(self._idle_s):
                    await self._over.wait()


class _Protocol(H11Protocol):
    """HTTP that closes a connection whose request becomes invalid while it is answered."""

    def send_400_response(self, msg: str) -> None:
        """Answer 400, unless another answer has begun."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()


def _guarded(app: ASGIApp) -> ASGIApp:
    """Log the errors of an application, and let it answer before all of a body has come."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        more = b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"

        async def received() -> Message:
            nonlocal more
            message = await receive()
            more = bool(message.get("more_body"))
            return message

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and more:
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            elif message["type"] == "http.response.body" and more and not message.get("more_body"):
                await send({**message, "more_body": True})
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LINGER_S):
                        while more:
                            await received()
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        try:
            await app(scope, received, sent)
        except ClientDisconnect:
            pass
        except Exception:
            # uvicorn answers 500 and goes on.
            _log.exception("a request could not be handled")
            raise

    return guarded
