"""Updates in hand: what is received, tried again, given up, and left for the next start."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from telegram import Bot, Update

from bot.telegram.memory import State
from bot.telegram.metrics import Metrics
from bot.telegram.updates import Inbox, Updates
from bot.telegram.workers import Workers

pytestmark = pytest.mark.anyio


class Hands:
    """What handles updates: the first `failures` attempts do not reach Telegram."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.attempts: list[int] = []
        self.handling: Updates
        self.go = asyncio.Event()
        self.go.set()

    async def process(self, update: Update) -> None:
        self.attempts.append(update.update_id)
        await self.go.wait()
        if len(self.attempts) <= self.failures:
            self.handling.mark_unsent(update)


@asynccontextmanager
async def handling(
    folder: Path, hands: Hands, *pauses_s: float
) -> AsyncIterator[tuple[Updates, State]]:
    state = State.open(folder, 1, keep_days=1, conversation_minutes=1)
    workers = Workers(1)
    hands.handling = Updates(
        Bot("123456:token"),
        hands.process,
        Inbox(state.database),
        workers,
        Metrics(),
        pauses_s=pauses_s,
    )
    try:
        yield hands.handling, state
    finally:
        workers.close()
        state.close()


def waiting(state: State) -> int:
    return int(state.database.one("SELECT count(*) FROM waiting")[0])


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


def update(number: int, **content: Any) -> dict[str, Any]:  # noqa: ANN401 - any update
    return {"update_id": number, **content}


async def test_what_cannot_be_sent_is_tried_again(tmp_path: Path) -> None:
    hands = Hands(failures=2)
    async with handling(tmp_path, hands, 0.01, 0.01, 0.01) as (updates, state):
        await updates.receive([update(1)])
        await until(lambda: not len(updates))
        assert waiting(state) == 0
    assert hands.attempts == [1, 1, 1]


async def test_what_can_never_be_sent_is_given_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hands = Hands(failures=100)
    async with handling(tmp_path, hands, 0.01, 0.01) as (updates, state):
        await updates.receive([update(1)])
        await until(lambda: not len(updates))
        assert waiting(state) == 0
    assert hands.attempts == [1, 1, 1]
    assert "update 1 is given up, as nothing can be sent" in caplog.text


async def test_the_end_does_not_wait_for_another_attempt_but_the_next_start_makes_it(
    tmp_path: Path,
) -> None:
    hands = Hands(failures=1)
    async with handling(tmp_path, hands, 600) as (updates, state):
        await updates.receive([update(1)])
        await until(lambda: hands.attempts == [1])
        await updates.finish()
        assert waiting(state) == 1
    async with handling(tmp_path, hands, 600) as (updates, state):
        await updates.resume()
        await until(lambda: not len(updates))
        assert waiting(state) == 0
    assert hands.attempts == [1, 1]


async def test_what_is_under_way_at_the_end_is_finished(tmp_path: Path) -> None:
    hands = Hands()
    hands.go.clear()
    async with handling(tmp_path, hands) as (updates, state):
        await updates.receive([update(1), update(2)])
        await until(lambda: hands.attempts == [1, 2])
        finishing = asyncio.create_task(updates.finish())
        await asyncio.sleep(0.05)
        assert not finishing.done()
        hands.go.set()
        await finishing
        assert waiting(state) == 0


async def test_an_update_that_cannot_be_read_is_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hands = Hands()
    async with handling(tmp_path, hands) as (updates, state):
        await updates.receive([update(1, message={"text": "Nobody may log this?"}), update(2)])
        await until(lambda: not len(updates))
        assert waiting(state) == 0
    assert hands.attempts == [2]
    assert "update 1 cannot be read (" in caplog.text
    assert "Nobody" not in caplog.text


async def test_what_cannot_be_written_down_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hands = Hands()
    hands.go.clear()
    async with handling(tmp_path, hands) as (updates, state):
        await updates.receive([update(1)])
        with state.database.transaction() as db:
            db.execute("DROP TABLE handled")
        hands.go.set()
        await until(lambda: not len(updates))
    (record,) = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert record.getMessage() == "update 1 is handled, but that cannot be written down"
