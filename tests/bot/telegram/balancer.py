"""A load balancer on loopback: it hands each update to the next replica that takes it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from .bots import free_port

_HEADERS = ("Content-Type", "X-Telegram-Bot-Api-Secret-Token")


class Balancer:
    """The balancer.

    Attributes:
        url: What `telegram.webhook_url` is.
        copies: To how many replicas each update goes.
        refused: How many answers other than 200 there were.
    """

    def __init__(self, ports: Sequence[int], copies: int = 1) -> None:
        self.copies = copies
        self.refused = 0
        self._ports = ports
        self._turns: Iterator[int] = itertools.cycle(range(len(ports)))
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}/hook"
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Balancer]:
        """Balance meanwhile."""
        application = web.Application()
        application.router.add_post("/hook", self._pass_on)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self._port).start()
        connector = aiohttp.TCPConnector(limit=0)
        try:
            async with aiohttp.ClientSession(connector=connector) as self._session:
                yield self
        finally:
            await runner.cleanup()

    async def _pass_on(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name: request.headers[name] for name in _HEADERS if name in request.headers}
        first = next(self._turns)
        taken, status = 0, 502
        for port in (*self._ports[first:], *self._ports[:first]):
            status = await self._post(port, body, headers)
            taken += status == 200
            self.refused += status != 200
            if taken == self.copies:
                break
        return web.Response(status=200 if taken else status)

    async def _post(self, port: int, body: bytes, headers: dict[str, str]) -> int:
        assert self._session is not None, "it serves"
        try:
            async with self._session.post(
                f"http://127.0.0.1:{port}/hook", data=body, headers=headers
            ) as response:
                await response.read()
                return response.status
        except aiohttp.ClientError:
            return 502
