"""The bot's health and its metrics, told over HTTP to the machine it runs on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from bot.telegram.intake.serving import listening

_HOST = "127.0.0.1"
"""What it tells is no secret, but nobody else's business either."""


class Status(StrEnum):
    """How the bot is; all but `OK` are answered with 503."""

    OK = "ok"
    STARTING = "starting"
    UNREACHABLE = "telegram unreachable"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Health:
    """How the bot is at the moment.

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
    """The server that is asked.

    Args:
        health: Says how the bot is.
        metrics: Returns them in Prometheus's text format.
    """

    def __init__(self, health: Callable[[], Health], metrics: Callable[[], bytes]) -> None:
        self._health = health
        self._metrics = metrics

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[int]:
        """Serve `/health` and `/metrics` on loopback.

        Args:
            port: 0 takes any that is free.

        Yields:
            The port.

        Raises:
            BotError: The port is taken.
        """
        async with listening(self._answer, _HOST, port, "telegram.monitor_port") as bound:
            yield bound

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        pages = {"/health": self._health_page, "/metrics": self._metrics_page}
        page = pages.get(request.path)
        if page is None:
            raise web.HTTPNotFound
        if request.method not in ("GET", "HEAD"):
            raise web.HTTPMethodNotAllowed(request.method, ["GET", "HEAD"])
        return page()

    def _health_page(self) -> web.Response:
        health = self._health()
        contact = None if health.contact_s is None else round(health.contact_s, 1)
        return web.json_response(
            {
                "status": health.status,
                "generation": health.generation,
                "last_contact_seconds": contact,
                "waiting": health.waiting,
            },
            status=200 if health.status is Status.OK else 503,
        )

    def _metrics_page(self) -> web.Response:
        return web.Response(
            body=self._metrics(), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        )
