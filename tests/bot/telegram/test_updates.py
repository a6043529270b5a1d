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
from .emulator import Json


class Handler:
    """What handles updates.

    Args:
        failures: How many attempts, the first ones, do not reach Telegram.
        flooded: A chat that nothing can be sent to.
    """

    def __init__(self, failures: int = 0, flooded: int | None = None) -> None:
        self.failures = failures
        self.flooded = flooded
        self.attempts: list[int] = []
        self.updates: Updates
        self.go = asyncio.Event()
        self.go.set()

    async def process(self, update: Update) -> None:
        self.attempts.append(update.update_id)
        await self.go.wait()
        flooded = update.effective_chat is not None and update.effective_chat.id == self.flooded
        if flooded or len(self.attempts) <= self.failures:
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


def message_in(chat: int, update_id: int) -> Json:
    message = {"message_id": 1, "date": 0, "chat": {"id": chat, "type": "private"}, "text": "Who?"}
    return {"update_id": update_id, "message": message}


@pytest.mark.anyio
async def test_a_chat_that_nothing_can_be_sent_to_leaves_room_for_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Handler(flooded=7)
    async with updates_of(tmp_path, handler, 100.0) as updates:
        await updates.receive([message_in(7, number) for number in range(50)])
        await until(lambda: len(updates) == 20)
        await updates.receive([message_in(8, 50)])
        await until(lambda: 50 in handler.attempts and len(updates) == 20)
        await updates.finish()
        # What is tried again is left for the next start.
        assert still_waiting(tmp_path) == 20
    assert caplog.text.count("is given up, as nothing can be sent") == 30


@pytest.mark.anyio
async def test_who_waits_for_room_goes_on_when_an_update_is_handled(tmp_path: Path) -> None:
    handler = Handler()
    handler.go.clear()
    async with updates_of(tmp_path, handler) as updates:
        await updates.receive([{"update_id": number} for number in range(1000)])
        waiting = asyncio.create_task(updates.wait_for_room())
        await asyncio.sleep(0.2)
        assert not waiting.done()
        handler.go.set()
        await asyncio.wait_for(waiting, 10)
        await until(lambda: not len(updates))


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
