"""The refresher: brings the index in line in a process of its own, so that answering goes on.

The process has the lowest priority, and gives its memory back when it ends. What serves follows the
index by itself (`Searcher.following`).
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain
from typing import IO, Any

from bot.build import is_in_line
from bot.errors import BotError
from config import Settings
from retrieval.watch import changes

_log = logging.getLogger(__name__)

_LOWEST_PRIORITY = 19
_ENDING_S = 10.0
_AGAIN_S = 30.0
_TELEGRAM = "EXCERPTA_TELEGRAM__"

Document = dict[str, Any]


class Refresher:
    """Runs `excerpta refresh`; every method may be called from any thread.

    Args:
        settings: Those that the process will find as well.
        options: Of the command line that chose the settings: `--articles`, `--config` ...
        again_s: Seconds after which what failed while watching is tried again.
    """

    def __init__(
        self,
        settings: Settings,
        options: Sequence[str],
        *,
        again_s: float = _AGAIN_S,
    ) -> None:
        self._settings = settings
        self._options = options
        self._again_s = again_s
        self._one_at_a_time = threading.Lock()
        self._ending = threading.Lock()
        self._over = threading.Event()
        self._process: subprocess.Popen[str] | None = None

    def refresh(self, on_progress: Callable[[Document], None] = lambda _: None) -> Document:
        """Bring the index in line and return the report, as `refresh --json` prints it.

        Args:
            on_progress: Is told how far it is; see `retrieval.refresh.Progress`.

        Raises:
            BotError: It failed, or was ended by `close`; the message is the process's.
        """
        with self._one_at_a_time:
            return self._refresh(on_progress)

    def _refresh(self, on_progress: Callable[[Document], None]) -> Document:
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8") as output,
            self._start(output) as process,
        ):
            assert process.stderr is not None, "a pipe"
            said = ""
            for line in process.stderr:
                try:
                    on_progress(json.loads(line))
                except ValueError:
                    said = line.strip() or said
            status = process.wait()
            output.seek(0)
            try:
                report: Document = json.load(output)
            except ValueError:
                report = {"error": f"the refresh ended with status {status}; {said}"}
        if "error" in report:
            raise BotError(str(report["error"]))
        return report

    def _start(self, output: IO[str]) -> subprocess.Popen[str]:
        # -P, as a folder called "bot" in the current folder is none of ours.
        command = [sys.executable, "-P", "-m", "bot", "refresh", "--json", "--progress"]
        # What refreshes has no use for the token.
        environment = {
            key: value for key, value in os.environ.items() if not key.upper().startswith(_TELEGRAM)
        }
        with self._ending:
            if self._over.is_set():
                raise BotError("the bot is stopping")
            process = subprocess.Popen(
                [*command, *self._options],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                # Ctrl-C in a terminal goes to a whole group; `close` ends this process.
                process_group=0,
            )
            self._process = process
        with suppress(AttributeError, ProcessLookupError):  # Windows has no such priorities
            os.setpriority(os.PRIO_PROCESS, process.pid, _LOWEST_PRIORITY)
        return process

    def watch(
        self,
        on_report: Callable[[Document | None], None] = lambda _: None,
        on_failure: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        """Refresh now and whenever articles change, until `close`; failures go to the log.

        Args:
            on_report: Is told what each refresh did, and None where there was nothing to do.
            on_failure: Is told of each that failed; it is tried again.
        """
        stale = True
        failed = ""
        while not self._over.is_set():
            try:
                for _ in chain([None], changes(self._settings.articles.folder, self._over)):
                    if self._over.is_set():
                        break
                    stale = stale or not is_in_line(self._settings)
                    on_report(self.refresh() if stale else None)
                    stale, failed = False, ""
            except Exception as exc:  # noqa: BLE001 (whatever it is, watching goes on)
                # Once, for it may stay so for long; it is tried again.
                level = logging.DEBUG if str(exc) == failed else logging.WARNING
                failed = str(exc)
                if not self._over.is_set():
                    _log.log(level, "%s", exc)
                    on_failure(exc)
                self._over.wait(self._again_s)

    def close(self) -> None:
        """End watching, and a refresh that is under way; the next goes on from there."""
        with self._ending:
            self._over.set()
            process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(_ENDING_S)
            except subprocess.TimeoutExpired:
                process.kill()
