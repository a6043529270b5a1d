"""A small HTTP server of the bot's: where it listens, how long it waits, and what it logs."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from bot.errors import BotError

_log = logging.getLogger(__name__)

_MUTE = logging.Logger("http", logging.CRITICAL + 1)
"""Of requests that are no HTTP the server would log the headers, secrets among them."""
_IDLE_S = 75.0
"""How long a connection may stay without a request, or take for the head of one."""
_LINGER_S = 1.0
"""How long the rest of a body that nobody wants is taken in, so that its sender gets to read the
answer before the connection is closed."""
_IN_HAND_S = 5.0
"""How long requests in hand may take when the server ends."""

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def listening(handler: Handler, host: str, port: int, setting: str) -> AsyncIterator[int]:
    """Serve HTTP; at the end, no connection is accepted and the requests in hand are finished.

    Args:
        handler: Answers every request, whatever its path; what it raises is logged and answered
            with 500. Bodies come as they were sent, never unpacked.
        host: Address or name to listen at.
        port: 0 takes any that is free.
        setting: The name of the setting that chooses the port, for the message of the error.

    Yields:
        The port.

    Raises:
        BotError: The port is taken, or the host is not one of this machine's.
    """

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await handler(request)
        except (web.HTTPException, ConnectionError):
            raise
        except Exception:  # noqa: BLE001 (one request that fails must not end the server)
            _log.exception("a request could not be handled")
            return web.Response(status=500)

    server = web.Server(
        handle,
        access_log=None,
        logger=_MUTE,
        auto_decompress=False,
        keepalive_timeout=_IDLE_S,
        lingering_time=_LINGER_S,
    )
    runner = web.ServerRunner(server, shutdown_timeout=_IN_HAND_S)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as exc:
            # The loop's own words repeat the address, but of names it knows more than its number.
            reason = os.strerror(exc.errno) if exc.errno and exc.errno > 0 else exc.strerror
            raise BotError(
                f"cannot listen at {host}, port {port} ({reason}); wanted a free port at an "
                f"address of this machine: stop what listens there, or change {setting}"
            ) from exc
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
