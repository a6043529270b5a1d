"""The service: it listens, follows the articles, and ends at a signal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing

from bot.errors import BotError
from bot.library import Library
from bot.records import WEB, State, default_place, open_state
from bot.refresh_process import Document, Refresher
from bot.serving import listening, until_signal
from bot.web.answering import Answering
from bot.web.application import build
from bot.web.metrics import Metrics
from bot.web.records import Records
from bot.web.upkeep import Doctor, Refreshes, doctor_process
from config import Settings

_log = logging.getLogger(__name__)

_HOUR_S = 3600.0


def run(library: Library, refresher: Refresher, options: Sequence[str]) -> None:
    """Serve until SIGINT or SIGTERM; a second signal ends the process at once.

    Args:
        library: The articles and what answers from them.
        refresher: Refreshes the index whenever articles change.
        options: The options that chose the settings: `--articles`, `--config` ...

    Raises:
        BotError: The port is taken, the host is not one of this machine's, or questions cannot be
            kept.
        SettingsError: The editor's page cannot be guarded as the settings say.
    """
    asyncio.run(until_signal(lambda stop: serve(library, refresher, options, stop)))


async def serve(
    library: Library, refresher: Refresher, options: Sequence[str], stop: asyncio.Event
) -> None:
    """Serve until `stop` is set; then finish the requests in hand."""
    settings = library.settings.web
    metrics, refreshes = Metrics(), Refreshes()
    doctor = Doctor(doctor_process(options))

    def reload(report: Document | None) -> None:
        """Load what a refresh has made, so that no question waits for it."""
        refreshes.note(report)
        if report is None:
            return
        library.searcher.reload()
        changed = {name: report[name] for name in ("added", "modified", "deleted")}
        if any(changed.values()):
            _log.info("refreshed", extra={"fields": changed | {"generation": report["generation"]}})

    async with AsyncExitStack() as stack:
        memory = _opened(library.settings)
        if memory is not None:
            stack.enter_context(closing(memory))
        answering = stack.enter_context(Answering(library, metrics, Records(memory)))
        app = build(library, answering, metrics, refreshes, doctor)
        stack.push_async_callback(doctor.close)
        port = await stack.enter_async_context(
            listening(app, settings.host, settings.port, "web.port")
        )
        if settings.watch:
            stack.enter_context(refresher.watching(reload, refreshes.note_failure))
        if memory is not None:
            purging = asyncio.create_task(_purge_hourly(memory))
            stack.callback(purging.cancel)
        _log.info("answering at http://%s:%d", _named(settings.host), port)
        await stop.wait()


def _opened(settings: Settings) -> State | None:
    """Open the memory of questions and votes; None if none are kept."""
    web = settings.web
    if not web.keep_days:
        return None
    return open_state(
        settings.telegram.state or default_place(),
        WEB,
        keep_days=web.keep_days,
        conversation_minutes=web.conversation_minutes,
    )


async def _purge_hourly(memory: State) -> None:
    while True:
        try:
            await asyncio.to_thread(memory.purge)
        except BotError as exc:
            _log.warning("what is old cannot be forgotten: %s", exc)
        await asyncio.sleep(_HOUR_S)


def _named(host: str) -> str:
    return f"[{host}]" if ":" in host else host
