"""Replicas of `excerpta telegram` behind a load balancer, all on loopback."""

from __future__ import annotations

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from tests.ports import free_port

from .emulator import Emulator
from .programs import Program, program

_HEADERS = ("Content-Type", "X-Telegram-Bot-Api-Secret-Token")


class Balancer:
    """A load balancer, which hands each update to the next replica that takes it.

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


class Replicas:
    """Bots that share a state."""

    def __init__(self, programs: list[Program], balancer: Balancer, monitors: list[int]) -> None:
        self.programs = programs
        self.balancer = balancer
        self.monitors = monitors

    async def page(self, which: int, path: str) -> tuple[int, str]:
        url = f"http://127.0.0.1:{self.monitors[which]}{path}"
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return response.status, (await response.json())["status"]

    async def becomes(self, which: int, path: str, status: tuple[int, str]) -> None:
        for _ in range(600):
            if await self.page(which, path) == status:
                return
            await asyncio.sleep(0.1)
        raise TimeoutError


@asynccontextmanager
async def replicas(
    count: int,
    emulator: Emulator,
    folder: Path,
    index: Path,
    state: str,
    copies: int = 1,
    **telegram: Any,  # noqa: ANN401
) -> AsyncIterator[Replicas]:
    ports, monitors = ([free_port() for _ in range(count)] for _ in range(2))
    async with AsyncExitStack() as stack:
        balancer = await stack.enter_async_context(Balancer(ports, copies).serving())
        programs = []
        for number, (port, monitor) in enumerate(zip(ports, monitors, strict=True)):
            shutil.copytree(index, folder / f"{number}" / "index")
            programs.append(
                await stack.enter_async_context(
                    program(
                        *(emulator, folder / f"{number}"),
                        state=state,
                        mode="webhook",
                        webhook_url=balancer.url,
                        webhook_port=port,
                        monitor_port=monitor,
                        messages_per_second=1000,
                        questions_per_minute=1000,
                        **telegram,
                    )
                )
            )
        for one in programs:
            await one.logged("answering as")
        yield Replicas(programs, balancer, monitors)
