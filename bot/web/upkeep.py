"""Upkeep: what refreshes came to, and what the doctor finds wrong with index and articles."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from bot.refresh_process import Document, environment, lowered

_log = logging.getLogger(__name__)

_PATIENCE_S = 2.0
_FRESH_S = 600.0
"""Seconds after which the doctor looks again."""


class Refreshes:
    """What the refreshes of this server came to; others may refresh the index, too.

    Attributes:
        report: The last report of a refresh, if there was one.
        failure: Why the last refresh failed, the gate's refusal included; empty if it did not.
        looked: When the articles were last compared with the index.
    """

    def __init__(self) -> None:
        self.report: Document | None = None
        self.failure = ""
        self.looked: dt.datetime | None = None

    def note(self, report: Document | None) -> None:
        """Note a report, or that there was nothing to do."""
        self.report = report or self.report
        self._note("")

    def note_failure(self, error: Exception) -> None:
        """Note that a refresh failed."""
        self._note(str(error))

    def _note(self, failure: str) -> None:
        self.failure = failure
        self.looked = dt.datetime.now(dt.UTC)


class Doctor:
    """Examines the index in the background, when somebody wants to see what is wrong.

    Args:
        examine: Returns the document of `excerpta doctor --json`.
        patience_s: Seconds that a page waits for it; that of a large index takes longer.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        examine: Callable[[], Awaitable[Document]],
        patience_s: float = _PATIENCE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._examine = examine
        self._patience_s = patience_s
        self._clock = clock
        self._task: asyncio.Task[Document | None] | None = None
        self._examined: tuple[int, float] | None = None

    async def look(self, generation: int) -> Document | None:
        """Return an examination of a generation; None while it takes its time, or if it failed."""
        known = self._examined
        stale = known is None or known[0] != generation or self._clock() - known[1] >= _FRESH_S
        if stale and (self._task is None or self._task.done()):
            self._examined = generation, self._clock()
            self._task = asyncio.create_task(self._tried())
        assert self._task is not None, "it was begun now or before"
        await asyncio.wait([self._task], timeout=self._patience_s)
        return self._task.result() if self._task.done() else None

    async def close(self) -> None:
        """End an examination."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _tried(self) -> Document | None:
        try:
            return await self._examine()
        except (OSError, ValueError) as exc:
            _log.warning("the index cannot be examined: %s", exc)
            return None


def doctor_process(options: Sequence[str]) -> Callable[[], Awaitable[Document]]:
    """Return what runs `excerpta doctor` in a process of its own, which frees its memory.

    Args:
        options: The options that chose the settings: `--articles`, `--config` ...
    """

    async def examine() -> Document:
        command = [sys.executable, "-P", "-m", "bot", "doctor", "--json", *options]
        pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environment(),
            stdin=nowhere,
            stdout=pipe,
            stderr=nowhere,
            process_group=0,
        )
        try:
            with lowered(process.pid, 0.0):
                output, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        document: dict[str, Any] = json.loads(output)
        if "error" in document:
            raise ValueError(document["error"])
        return document

    return examine
