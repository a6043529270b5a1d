"""Metrics: counters and times for Prometheus, without addresses or texts."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.answers import Answer

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The counters of one server, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = own = CollectorRegistry()
        ProcessCollector(registry=own)
        PlatformCollector(registry=own)
        prefix = "excerpta_web"
        self._questions = Counter(
            f"{prefix}_questions", "Questions handled", ["outcome"], registry=own
        )
        self._requests = Counter(f"{prefix}_requests", "Requests", ["status"], registry=own)
        self._answering = Histogram(
            f"{prefix}_answering_seconds", "Computing an answer", buckets=_SECONDS, registry=own
        )
        self._generation = Gauge(
            "excerpta_index_generation", "Number of the index's generation", registry=own
        )
        self._articles = Gauge("excerpta_articles", "Articles in the index", registry=own)

    def turned(self, answers: Sequence[Answer]) -> None:
        """Count a message by what it got; one without answers is small talk."""
        if not answers:
            self._questions.labels("talk").inc()
        for answer in answers:
            self._questions.labels("answered" if answer.answered else "not_answered").inc()
            self._answering.observe(answer.elapsed_ms / 1000)

    def text(self, generation: int, articles: int) -> bytes:
        """Return everything in Prometheus's text format.

        Args:
            generation: The number of the generation that is searched.
            articles: The number of its articles.
        """
        self._generation.set(generation)
        self._articles.set(articles)
        return generate_latest(self._registry)

    def counting(self, app: ASGIApp) -> ASGIApp:
        """Return an application that counts the requests to another by the status of the answer."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            async def sent(message: Message) -> None:
                if message["type"] == "http.response.start":
                    self._requests.labels(str(message["status"])).inc()
                await send(message)

            await app(scope, receive, sent)

        return counted
