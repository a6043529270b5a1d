"""Metrics: the bot's counters and times for Prometheus, without ids, names or texts."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from telegram import Update

_PREFIX = "excerpta"
_OTHER = "other"
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0)
"""Bounds of the histograms; people notice a tenth of a second, and leave after ten."""

_RESULTS: Final = {200: "ok", 400: "refused", 403: "forbidden", 429: "flood"}
"""By HTTP status."""


class Outcome(StrEnum):
    """The outcome of a question."""

    ANSWERED = "answered"
    NOT_ANSWERED = "not_answered"
    TALK = "talk"  # no question, but small talk, or one about the collection
    REFUSED = "refused"
    FAILED = "failed"


class ChatKind(StrEnum):
    """Where a question was asked."""

    PRIVATE = "private"
    GROUP = "group"
    INLINE = "inline"


class Metrics:
    """The counters of one bot, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._updates = self._counter("updates", "Updates received from Telegram", "kind")
        self._questions = self._counter("questions", "Questions handled", "outcome", "chat")
        self._votes = self._counter("votes", "Thumbs given to answers", "vote")
        self._requests = self._counter(
            "telegram_requests", "Requests to Telegram", "method", "result"
        )
        self._reply = self._histogram("reply", "From an update's receipt to the reply to it")
        self._answering = self._histogram("answering", "Computing an answer")
        self._waiting = self._gauge("updates_waiting", "Updates received and not yet handled")
        self._generation = self._gauge("index_generation", "Number of the index's generation")
        self._articles = self._gauge("articles", "Articles in the index")
        self._refresh = self._gauge(
            "last_refresh_timestamp_seconds",
            "When the index was last seen to be in line with the articles",
        )

    def received(self, update: Mapping[str, object]) -> None:
        """Count a raw update by its kind; all kinds that the library does not know count as one."""
        kind = next((name for name in Update.ALL_TYPES if name in update), _OTHER)
        self._updates.labels(kind).inc()

    def question(self, outcome: Outcome, chat: ChatKind) -> None:
        """Count a question."""
        self._questions.labels(outcome, chat).inc()

    def voted(self, *, up: bool) -> None:
        """Count a thumb, up or down."""
        self._votes.labels("up" if up else "down").inc()

    def requested(self, method: str, status: int | None) -> None:
        """Count a request to Telegram.

        Args:
            method: Name of the Bot API's method.
            status: HTTP status of the answer; None if there was none.
        """
        result = "lost" if status is None else _RESULTS.get(status, _OTHER)
        self._requests.labels(method, result).inc()

    def replied(self, seconds: float) -> None:
        """Record the time from an update's receipt to the reply's delivery."""
        self._reply.observe(seconds)

    def answered(self, seconds: float) -> None:
        """Record the time that an answer took to compute."""
        self._answering.observe(seconds)

    def waiting(self, updates: int) -> None:
        """Set the number of updates that wait."""
        self._waiting.set(updates)

    def index(self, generation: int, articles: int) -> None:
        """Set the generation that is searched, and the number of its articles."""
        self._generation.set(generation)
        self._articles.set(articles)

    def refreshed(self, unix_time: float) -> None:
        """Set when the index was last refreshed."""
        self._refresh.set(unix_time)

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self._registry)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(name, meaning, labels, namespace=_PREFIX, registry=self._registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(name, meaning, namespace=_PREFIX, registry=self._registry)

    def _histogram(self, name: str, meaning: str) -> Histogram:
        return Histogram(
            name,
            meaning,
            namespace=_PREFIX,
            unit="seconds",
            buckets=_SECONDS,
            registry=self._registry,
        )
