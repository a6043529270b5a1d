"""The service: it listens, follows the articles, and ends at a signal."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack

from bot.library import Library
from bot.refresh_process import Document, Refresher
from bot.serving import listening, until_signal
from bot.web.answering import Answering
from bot.web.application import build
from bot.web.metrics import Metrics

_log = logging.getLogger(__name__)


def run(library: Library, refresher: Refresher) -> None:
    """Serve until SIGINT or SIGTERM; a second signal ends the process at once.

    Args:
        library: The articles and what answers from them.
        refresher: Refreshes the index whenever articles change.

    Raises:
        BotError: The port is taken, or the host is not one of this machine's.
    """
    asyncio.run(until_signal(lambda stop: serve(library, refresher, stop)))


async def serve(library: Library, refresher: Refresher, stop: asyncio.Event) -> None:
    """Serve until `stop` is set; then finish the requests in hand."""
    settings = library.settings.web
    metrics = Metrics()

    def reload(report: Document | None) -> None:
        """Load what a refresh has made, so that no question waits for it."""
        if report is None:
            return
        library.searcher.reload()
        changed = {name: report[name] for name in ("added", "modified", "deleted")}
        if any(changed.values()):
            _log.info("refreshed", extra={"fields": changed | {"generation": report["generation"]}})

    async with AsyncExitStack() as stack:
        answering = stack.enter_context(Answering(library, metrics))
        app = build(library, answering, metrics)
        port = await stack.enter_async_context(
            listening(app, settings.host, settings.port, "web.port")
        )
        stack.enter_context(refresher.watching(reload))
        _log.info("answering at http://%s:%d", _named(settings.host), port)
        await stop.wait()


def _named(host: str) -> str:
    return f"[{host}]" if ":" in host else host
