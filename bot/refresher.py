"""The refresher: brings the index in line in a process of its own, so that answering goes on.

What takes long is done at the lowest priority, and the process gives its memory back when it ends.
What serves follows the index by itself (`Searcher.following`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from bot.errors import BotError
from bot.idle import is_in_line
from bot.refreshing import Document, Refreshing
from config import Settings
from retrieval.formats.plain import WRITTEN
from retrieval.refresh.watch import FolderChanges

__all__ = ["WRITTEN_S", "Document", "Refresher"]

_log = logging.getLogger(__name__)

_AGAIN_S = 30.0
# After a file was found that another process still writes; then less and less often.
WRITTEN_S = 1.0


class Refresher:
    """Runs `excerpta refresh`; every method may be called from any thread.

    Args:
        settings: Those that the process will find as well.
        options: Of the command line that chose the settings: `--articles`, `--config` ...
        standby: Keep a process ready while watching: an edit is found sooner, for 55 MB.
        again_s: Seconds after which what failed while watching is tried again.
    """

    def __init__(
        self,
        settings: Settings,
        options: Sequence[str],
        *,
        standby: bool = False,
        again_s: float = _AGAIN_S,
    ) -> None:
        self._settings = settings
        self._options = options
        self._standby = standby
        self._again_s = again_s
        self._one_at_a_time = threading.Lock()
        self._ending = threading.Lock()
        self._over = threading.Event()
        self._ready: Refreshing | None = None
        self._running: Refreshing | None = None

    def refresh(self, on_progress: Callable[[Document], None] = lambda _: None) -> Document:
        """Bring the index in line and return the report, as `refresh --json` prints it.

        Args:
            on_progress: Is told how far it is; see `retrieval.refresh.RefreshProgress`.

        Raises:
            BotError: It failed, or was ended by `close`; the message is the process's.
        """
        with self._one_at_a_time:
            return self._begin().run(on_progress)

    def _begin(self) -> Refreshing:
        with self._ending:
            if self._over.is_set():
                raise BotError("the bot is stopping")
            ready, self._ready = self._ready, None
            if ready is not None and not ready.lives:
                ready.dismiss()
                ready = None
            self._running = ready or Refreshing(self._options)
            return self._running

    def _stand_by(self) -> None:
        with self._ending:
            if self._standby and self._ready is None and not self._over.is_set():
                self._ready = Refreshing(self._options)

    def watch(
        self,
        on_report: Callable[[Document | None], None] = lambda _: None,
        on_failure: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        """Refresh whenever the articles are others than those indexed, until `close`.

        What fails goes to the log, once, and is tried again.

        Args:
            on_report: Is told what each refresh did, and None where there was nothing to do.
            on_failure: Is told of each that failed.
        """
        failed = ""
        wait_s = WRITTEN_S
        looks = FolderChanges(
            self._settings.articles.folder, self._settings.refresh.watch, self._over
        )
        for _ in looks:
            try:
                # Also at first: an index that somebody rolled back is left as it is.
                report = None if is_in_line(self._settings) else self.refresh()
                on_report(report)
                self._stand_by()
            except Exception as exc:  # noqa: BLE001 (whatever it is, watching goes on)
                if self._over.is_set():
                    break
                # It may stay so for long.
                _log.log(logging.DEBUG if str(exc) == failed else logging.WARNING, "%s", exc)
                failed = str(exc)
                on_failure(exc)
                looks.soon(self._again_s)
                continue
            failed = ""
            if report is not None and _is_unfinished(report):
                looks.soon(wait_s)
                wait_s = min(2 * wait_s, self._again_s)
            else:
                wait_s = WRITTEN_S

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch in a thread meanwhile."""
        thread = threading.Thread(target=self.watch, name="watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.close()
            thread.join()

    def close(self) -> None:
        """End watching, and a refresh that is under way; the next goes on from there."""
        with self._ending:
            self._over.set()
            ready, self._ready = self._ready, None
            running = self._running
        if ready is not None:
            ready.dismiss()
        if running is not None and running.lives:
            running.end()


def _is_unfinished(report: Document) -> bool:
    return any(WRITTEN in one["reason"] for one in report["skipped"])
