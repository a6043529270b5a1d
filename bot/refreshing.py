"""A refresh in a process of its own: it stands by until it is told to begin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from bot.errors import BotError

_LOWEST_PRIORITY = 19
# An edit shall be found at once; what takes longer shall not make answers slower.
_SHORT_S = 5.0
_ENDING_S = 10.0
_TELEGRAM = "EXCERPTA_TELEGRAM__"

Document = dict[str, Any]


class Refreshing:
    """A process that refreshes once.

    Args:
        options: Of the command line that chose the settings: `--articles`, `--config` ...
    """

    def __init__(self, options: Sequence[str]) -> None:
        # -P, as a folder called "bot" in the current folder is none of ours.
        command = [sys.executable, "-P", "-m", "bot.standby", "refresh", "--json", "--progress"]
        # What refreshes has no use for the token.
        environment = {
            key: value for key, value in os.environ.items() if not key.upper().startswith(_TELEGRAM)
        }
        self._output = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - `end`
        try:
            self._process = subprocess.Popen(
                [*command, *options],
                env=environment,
                stdin=subprocess.PIPE,
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

    @property
    def lives(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def run(self, on_progress: Callable[[Document], None]) -> Document:
        """Refresh, and return the report, as `refresh --json` prints it.

        Raises:
            BotError: It failed, or was ended; the message is the process's.
        """
        process = self._process
        assert process.stdin is not None, "a pipe"
        assert process.stderr is not None, "a pipe"
        said = ""
        with self._output, process, _lowered(process.pid, _SHORT_S):
            with suppress(OSError):  # it has ended, and its status tells more
                process.stdin.write("\n")
                process.stdin.flush()
            for line in process.stderr:
                try:
                    on_progress(json.loads(line))
                except ValueError:
                    said = line.strip() or said
            status = process.wait()
            self._output.seek(0)
            try:
                report: Document = json.load(self._output)
            except ValueError:
                report = {"error": f"the refresh ended with status {status}; {said}"}
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

    def dismiss(self) -> None:
        """End the process, which was not told to begin."""
        with self._output, self._process:
            self.end()


@contextmanager
def _lowered(group: int, after_s: float) -> Iterator[None]:
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
