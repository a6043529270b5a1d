"""The monitor: an HTTP server, on loopback by default, for the bot's health and metrics."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.errors import BotError
from bot.serving import listening

_HOST = "127.0.0.1"
"""Health and metrics are no secret, but nobody else's business either."""
_CHECK_S = 2.0


class Status(StrEnum):
    """The bot's condition; all but `OK` are answered with 503."""

    OK = "ok"
    STARTING = "starting"
    UNREACHABLE = "telegram unreachable"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Health:
    """The bot's health at the moment.

    Attributes:
        generation: Number of the index's generation that is searched; None before there is one.
        contact_s: Seconds since Telegram last answered or sent something; None before that.
        waiting: Updates received and not yet handled.
    """

    status: Status
    generation: int | None
    contact_s: float | None
    waiting: int


class Monitor:
    """The HTTP server.

    Args:
        health: Returns the bot's health.
        metrics: Returns the metrics in Prometheus's text format.
        check: Raises a `BotError` if an update could not be stored now.
    """

    def __init__(
        self,
        health: Callable[[], Health],
        metrics: Callable[[], bytes],
        check: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self._health = health
        self._metrics = metrics
        self._check = check

    @asynccontextmanager
    async def serving(self, port: int, host: str = _HOST) -> AsyncIterator[int]:
        """Serve `/health`, `/ready` and `/metrics`.

        Args:
            port: 0 takes any that is free.
            host: The address to listen at.

        Yields:
            The port.

        Raises:
            BotError: The port is taken.
        """
        app = Starlette(
            routes=[
                Route("/health", self._health_page),
                Route("/ready", self._ready_page),
                Route("/metrics", self._metrics_page),
            ]
        )
        async with listening(app, host, port, "telegram.monitor_port") as bound:
            yield bound

    async def _health_page(self, _request: Request) -> Response:
        health = self._health()
        contact = None if health.contact_s is None else round(health.contact_s, 1)
        return JSONResponse(
            {
                "status": health.status,
                "generation": health.generation,
                "last_contact_seconds": contact,
                "waiting": health.waiting,
            },
            status_code=200 if health.status is Status.OK else 503,
        )

    async def _ready_page(self, _request: Request) -> Response:
        status: str = self._health().status
        if status not in (Status.STARTING, Status.STOPPING):
            status = "ready"
            try:
                async with asyncio.timeout(_CHECK_S):
                    await (self._check() if self._check else asyncio.sleep(0))
            except (BotError, TimeoutError):
                status = "state out of reach"
        return JSONResponse({"status": status}, status_code=200 if status == "ready" else 503)

    async def _metrics_page(self, _request: Request) -> Response:
        return Response(self._metrics(), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})
