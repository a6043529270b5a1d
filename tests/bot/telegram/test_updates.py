"""Updates in hand: handled, tried again and given up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from telegram import Bot, Update

from bot.telegram.inbox import Inbox
from bot.telegram.metrics import Metrics
from bot.telegram.updates import Updates
from bot.telegram.workers import Workers

from .bots import inbox_of, still_waiting


class Handler:
    """What handles updates: the first `failures` attempts do not reach Telegram."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.attempts: list[int] = []
        self.updates: Updates
        self.go = asyncio.Event()
        self.go.set()

    async def process(self, update: Update) -> None:
        self.attempts.append(update.update_id)
        await self.go.wait()
        if len(self.attempts) <= self.failures:
            self.updates.mark_unsent(update)


@asynccontextmanager
async def updates_of(folder: Path, handler: Handler, *pauses_s: float) -> AsyncIterator[Updates]:
    inbox = Inbox.open(folder, 1)
    workers = Workers(1)
    handler.updates = Updates(
        Bot("123456:token"),
        handler.process,
        inbox,
        workers,
        Metrics(),
        pauses_s=pauses_s,
    )
    try:
        yield handler.updates
    finally:
        workers.close()
        inbox.close()


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


@pytest.mark.anyio
@pytest.mark.parametrize(("failures", "given_up"), [(2, False), (100, True)])
async def test_what_cannot_be_sent_is_tried_again_and_then_given_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, failures: int, given_up: bool
) -> None:
    handler = Handler(failures)
    async with updates_of(tmp_path, handler, 0.01, 0.01) as updates:
        await updates.receive([{"update_id": 1}])
        await until(lambda: not len(updates))
        assert still_waiting(tmp_path) == 0
    assert handler.attempts == [1, 1, 1]
    assert ("update 1 is given up, as nothing can be sent" in caplog.text) is given_up


@pytest.mark.anyio
async def test_what_cannot_be_read_is_logged_without_its_text(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Handler()
    async with updates_of(tmp_path, handler) as updates:
        unreadable = {"update_id": 1, "message": {"text": "Nobody may log this?"}}
        await updates.receive([unreadable, {"update_id": 2}])
        await until(lambda: not len(updates))
        assert still_waiting(tmp_path) == 0
    assert handler.attempts == [2]
    assert "update 1 cannot be read (" in caplog.text
    assert "Nobody" not in caplog.text


@pytest.mark.anyio
async def test_what_cannot_be_written_down_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Handler()
    handler.go.clear()
    async with updates_of(tmp_path, handler) as updates:
        await updates.receive([{"update_id": 1}])
        with inbox_of(tmp_path) as db:
            db.execute("DROP TABLE handled")
        handler.go.set()
        await until(lambda: not len(updates))
    (record,) = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert record.getMessage() == "update 1 is handled, but that cannot be written down"
