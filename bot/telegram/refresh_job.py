"""The refresh job: it refreshes the index while the bot answers, on changes or on /refresh."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from telegram.error import TelegramError

from bot.errors import BotError
from bot.records import ChatPlace
from bot.refresh_process import Document, Refresher
from bot.telegram.alarms import Alarms
from bot.telegram.metrics import Metrics
from bot.telegram.outbox import Outbox
from bot.telegram.views import Language, reports

_log = logging.getLogger(__name__)

_EDIT_S = 3.0
"""Between edits that show the progress: each counts towards the chat's rate."""


class RefreshJob:
    """Refreshes the index in a process beside this one.

    Args:
        refresher: Runs the process that refreshes.
        reload: Loads the generation that was made.
        outbox: Sends the progress to an administrator.
        alarms: Count the errors.
        metrics: Record the time of a refresh.
    """

    def __init__(
        self,
        refresher: Refresher,
        reload: Callable[[], object],
        outbox: Outbox,
        alarms: Alarms,
        metrics: Metrics,
    ) -> None:
        self._refresher = refresher
        self._reload = reload
        self._outbox = outbox
        self._alarms = alarms
        self._metrics = metrics
        self._watching: threading.Thread | None = None

    def watch(self) -> None:
        """Refresh now, and whenever articles change, until `close`."""
        loop = asyncio.get_running_loop()

        def failed(error: Exception) -> None:
            with suppress(RuntimeError):  # the loop has ended meanwhile
                asyncio.run_coroutine_threadsafe(self._alarms.note(error), loop)

        self._watching = threading.Thread(
            target=self._refresher.watch, args=[self._done, failed], name="watch", daemon=True
        )
        self._watching.start()

    def close(self) -> None:
        """End watching, and a refresh in progress; it may take some seconds."""
        self._refresher.close()
        if self._watching is not None:
            self._watching.join()

    async def refresh(self, place: ChatPlace, language: Language, to: int) -> None:
        """Refresh for an administrator, and show the progress by editing the reply."""
        loop = asyncio.get_running_loop()
        latest: Document = {"articles": 0, "total": 0, "encoded": 0}
        shown = await self._outbox.reply(place, reports.refreshing(language, latest), to)

        def progress(document: Document) -> None:
            nonlocal latest
            latest = document

        async def tell() -> None:
            told = latest
            while True:
                await asyncio.sleep(_EDIT_S)
                if shown is not None and latest != told:
                    told = latest
                    with suppress(TelegramError):
                        await self._outbox.edit(
                            place.chat, shown, reports.refreshing(language, told)
                        )

        telling = asyncio.create_task(tell())
        try:
            report = await loop.run_in_executor(None, self._refresher.refresh, progress)
        except (BotError, OSError) as exc:
            _log.warning("%s", exc)
            said = reports.not_refreshed(language, str(exc))
        else:
            await loop.run_in_executor(None, self._done, report)
            said = reports.refreshed(language, report)
        finally:
            telling.cancel()
        if shown is not None:
            await self._outbox.edit(place.chat, shown, said)

    def _done(self, report: Document | None) -> None:
        self._metrics.refreshed(time.time())
        if report is None:
            return
        for note in report["notes"]:
            _log.warning("%s", note)
        # So that no question waits for it.
        self._reload()
        changed = {name: report[name] for name in ("added", "modified", "deleted")}
        if any(changed.values()):
            fields = {**changed, "generation": report["generation"]}
            _log.info("refreshed", extra={"fields": fields | {"elapsed_s": report["elapsed_s"]}})
