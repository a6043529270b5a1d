"""Refreshes in a process of their own, so that the bot goes on answering.

What is small is refreshed in the process that answers, `bot.small_refresh`: where an edit is to be
found soon, most of the time would go to starting another. A refresh that takes long runs at the
lowest priority, and its memory is free again when the process ends. The process that answers then
loads the new generation (`Searcher.reload`).
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from bot.build import is_calibrated
from bot.errors import BotError
from bot.small_refresh import SmallRefresh
from bot.terminal import report_document
from config import Settings
from retrieval.articles import WRITTEN
from retrieval.refresh import FolderChanges, compare
from retrieval.search import Searcher

_log = logging.getLogger(__name__)

_AGAIN_S = 30.0
# So soon a file is tried again that another process was writing, then less and less often.
WRITTEN_S = 1.0
_LOWEST_PRIORITY = 19
# A short refresh keeps its priority, so that an edit is found at once.
_SHORT_S = 5.0
_ENDING_S = 10.0
_SOONER_ENDED = "500"
# A refresh has no use for what these hold: the bot's token, a key, passwords.
_OTHERS = ("EXCERPTA_TELEGRAM__", "EXCERPTA_WEB__", "EXCERPTA_WRITER__")

Document = dict[str, Any]


class Refresher:
    """Runs `excerpta refresh`; every method may be called from any thread.

    Args:
        settings: The settings that the process will load as well.
        options: The options that chose the settings: `--articles`, `--config` ...
        searcher: The searcher that answers in this process; with it, what is small is refreshed
            here while watching, so that an edit is found sooner.
        again_s: Seconds after which `watch` tries again what failed.
    """

    def __init__(
        self,
        settings: Settings,
        options: Sequence[str],
        searcher: Searcher | None = None,
        *,
        again_s: float = _AGAIN_S,
    ) -> None:
        self._settings = settings
        self._options = options
        self._again_s = again_s
        self._one_at_a_time = threading.Lock()
        self._ending = threading.Lock()
        self._over = threading.Event()
        self._running: RefreshProcess | None = None
        self._small = SmallRefresh(settings, searcher, self._over) if searcher else None

    def refresh(self, on_progress: Callable[[Document], None] = lambda _: None) -> Document:
        """Bring the index in line and return the report, as `refresh --json` prints it.

        Args:
            on_progress: Called with the fields of a `retrieval.refresh.RefreshProgress`.

        Raises:
            BotError: It failed, or `close` ended it; the message is the process's.
        """
        with self._one_at_a_time:
            return self._begin().run(on_progress)

    def _begin(self) -> RefreshProcess:
        with self._ending:
            if self._over.is_set():
                raise BotError("the bot is stopping")
            self._running = RefreshProcess(self._options)
            return self._running

    def watch(
        self,
        on_report: Callable[[Document | None], object] = lambda _: None,
        on_failure: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        """Refresh whenever the articles differ from those indexed, until `close`.

        A failure is logged once and tried again.

        Args:
            on_report: Called with each report, and with None if there was nothing to do.
            on_failure: Called with the error of each refresh that failed.
        """
        failure = ""
        wait_s = WRITTEN_S
        changes = FolderChanges(
            self._settings.articles.folder, self._settings.refresh.watch, self._over
        )
        for heard in changes:
            try:
                report = self._bring_in_line(heard)
                on_report(report)
                if report is not None and not is_calibrated(self._settings):
                    on_report(self.refresh())
            except Exception as exc:  # noqa: BLE001 (watching goes on after any error)
                if self._over.is_set():
                    break
                # The same failure may last for long, and is a warning only once.
                _log.log(logging.DEBUG if str(exc) == failure else logging.WARNING, "%s", exc)
                failure = str(exc)
                on_failure(exc)
                changes.soon(self._again_s)
                continue
            failure = ""
            if report is not None and _is_unfinished(report):
                changes.soon(wait_s)
                wait_s = min(2 * wait_s, self._again_s)
            else:
                wait_s = WRITTEN_S

    def _bring_in_line(self, heard: bool) -> Document | None:
        """Refresh, here or in a process; return None if there is nothing to do.

        It is looked at in the beginning, too: an index that somebody rolled back is left as it is.
        """
        settings, small = self._settings, self._small
        with ExitStack() as stack:
            parser = stack.enter_context(small.parser()) if small and heard else None
            if parser is not None:
                # Its process starts while all files are looked at.
                parser.start()
            found = compare(settings.articles, settings.index, settings.search.stores_tokens)
            if found is not None and found.in_line:
                return None
            if small is not None:
                with self._one_at_a_time:
                    report = small.run(found, parser)
                if report is not None:
                    return report_document(report)
        return self.refresh()

    @contextmanager
    def watching(
        self,
        on_report: Callable[[Document | None], object],
        on_failure: Callable[[Exception], None] = lambda _: None,
    ) -> Iterator[None]:
        """Watch in a thread, as `watch` does, while the block runs."""
        given = [on_report, on_failure]
        thread = threading.Thread(target=self.watch, args=given, name="watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.close()
            thread.join()

    def close(self) -> None:
        """End watching and a running refresh; the next refresh goes on from there."""
        with self._ending:
            self._over.set()
            running = self._running
        if running is not None and running.lives:
            running.end()


def _is_unfinished(report: Document) -> bool:
    return any(WRITTEN in one["reason"] for one in report["skipped"])


class RefreshProcess:
    """A process that refreshes once.

    Args:
        options: The options that chose the settings: `--articles`, `--config` ...
    """

    def __init__(self, options: Sequence[str]) -> None:
        # With -P, a folder called "bot" in the current folder is not imported.
        command = [sys.executable, "-P", "-m", "bot", "refresh", "--json", "--progress"]
        self._output = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - `end`
        try:
            self._process = subprocess.Popen(
                [*command, *options],
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                # Ctrl-C in a terminal goes to a whole group; `end` ends this process.
                process_group=0,
            )
        except OSError:
            self._output.close()
            raise
        # Where memory runs out, Linux ends it, and those it starts, before others (proc(5)).
        with suppress(OSError):  # other systems have no such file
            Path(f"/proc/{self.pid}/oom_score_adj").write_text(_SOONER_ENDED, encoding="ascii")

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    @property
    def lives(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def run(self, on_progress: Callable[[Document], None]) -> Document:
        """Refresh, and return the report, as `refresh --json` prints it.

        Raises:
            BotError: It failed, or somebody ended it; the message is the process's.
        """
        process = self._process
        assert process.stderr is not None, "a pipe"
        last = ""
        with self._output, process, lowered(process.pid, _SHORT_S):
            for line in process.stderr:
                try:
                    on_progress(json.loads(line))
                except ValueError:
                    last = line.strip() or last
            status = process.wait()
            self._output.seek(0)
            try:
                report: Document = json.load(self._output)
            except ValueError:
                report = {"error": f"the refresh ended with status {status}; {last}"}
        if "error" in report:
            raise BotError(str(report["error"]))
        return report

    def end(self) -> None:
        """End the process; what it encoded so far is kept."""
        self._process.terminate()
        try:
            self._process.wait(_ENDING_S)
        except subprocess.TimeoutExpired:
            self._process.kill()


def environment() -> dict[str, str]:
    """Return the environment of a process that needs no secrets."""
    return {key: value for key, value in os.environ.items() if not key.upper().startswith(_OTHERS)}


@contextmanager
def lowered(group: int, after_s: float) -> Iterator[None]:
    """Give a group of processes the lowest priority after so many seconds."""

    def lower() -> None:
        with suppress(AttributeError, OSError):  # Windows has no such priorities
            os.setpriority(os.PRIO_PGRP, group, _LOWEST_PRIORITY)

    timer = threading.Timer(after_s, lower)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
