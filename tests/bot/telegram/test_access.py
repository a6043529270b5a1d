"""Quotas and turns: a minute slides, nobody takes all threads, a cancelled wait leaves nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from telegram import Bot

from bot.quota import WAITING, Quota, Verdict
from bot.records import ChatPlace, State
from bot.telegram.access import Access, Seen
from bot.telegram.outbox import Outbox
from bot.telegram.replies import Replies
from bot.telegram.workers import Workers

from .bots import library
from .emulator import Emulator
from .virtual import Clock

pytestmark = pytest.mark.anyio


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    workers = Workers(2)
    yield workers
    workers.close()


def at(user: int) -> ChatPlace:
    """Return the private chat of a user."""
    return ChatPlace(user, None, user)


async def settled() -> None:
    """Let every task go as far as it can by itself."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_one_user_has_one_thread_at_a_time(workers: Workers) -> None:
    begun, go = threading.Event(), threading.Event()
    counted: list[str] = []

    def slow() -> None:
        begun.set()
        assert go.wait(10)
        counted.append("slow")

    tasks = [
        asyncio.create_task(workers.run(at(7), slow)),
        asyncio.create_task(workers.run(at(7), counted.append, "next")),
    ]
    await asyncio.to_thread(begun.wait, 10)
    await workers.run(at(8), counted.append, "another")
    assert counted == ["another"]
    go.set()
    await asyncio.gather(*tasks)
    assert counted == ["another", "slow", "next"]


async def test_who_waits_can_be_cancelled_and_leaves_no_trace(workers: Workers) -> None:
    go = threading.Event()
    asked: list[str] = []
    busy = [asyncio.create_task(workers.run(at(7), go.wait, 10))]
    await settled()
    late = asyncio.create_task(workers.run(at(7), asked.append, "late"))
    await settled()
    assert workers.waiting == {late}
    late.cancel()
    with pytest.raises(asyncio.CancelledError, match=r"^$"):
        await late
    assert workers.waiting == set()
    go.set()
    await asyncio.gather(*busy)
    await workers.run(at(7), asked.append, "then")
    await asyncio.gather(*(workers.run(at(n), asked.append, "both") for n in range(4)))
    assert asked == ["then", *["both"] * 4]


async def test_notes_are_taken_while_all_threads_are_busy(workers: Workers) -> None:
    go = threading.Event()
    busy = [asyncio.create_task(workers.run(at(n), go.wait, 10)) for n in range(3)]
    noted: list[int] = []
    await asyncio.gather(*(workers.note(noted.append, number) for number in range(5)))
    assert noted == [0, 1, 2, 3, 4]
    go.set()
    await asyncio.gather(*busy)


async def test_who_is_cancelled_while_waiting_for_a_turn_gives_the_place_back(
    emulator: Emulator, tmp_path: Path, workers: Workers
) -> None:
    opened = library(tmp_path, emulator)
    telegram = opened.settings.telegram
    state = State.open(tmp_path / "state", 1, keep_days=1, conversation_minutes=1)
    replies, outbox = Replies(opened, state, emulator.username), Outbox(Bot(emulator.token))
    access = Access(replies, outbox, workers, telegram)
    order: list[str] = []
    go = asyncio.Event()

    async def hold(name: str) -> None:
        async with access.asking(at(7), "en", 1) as admitted:
            assert admitted
            order.append(name)
            await go.wait()

    async def started(name: str) -> list[asyncio.Task[None]]:
        tasks = [asyncio.create_task(hold(name)) for _ in range(WAITING + 1)]
        await settled()
        return tasks

    for task in await started("cancelled"):
        task.cancel()
    await settled()
    held = await started("then")
    assert order == ["cancelled", "then"]
    go.set()
    await asyncio.gather(*held)
    assert order == ["cancelled", *["then"] * (WAITING + 1)]
    assert not workers.waiting
    state.close()


def test_the_minute_slides() -> None:
    clock = Clock()
    quota = Quota(2, clock)
    for moment in (100.0, 130.0):
        clock.now = moment
        assert quota.admit(7) is Verdict.ADMITTED
        quota.leave(7)
    clock.now = 159.9
    assert quota.admit(7) is Verdict.TOO_FAST
    assert quota.wait_s(7) == pytest.approx(0.1)
    assert quota.wait_s(8) == 0
    assert quota.admit(7, counted=False) is Verdict.ADMITTED
    quota.leave(7)
    assert quota.admit(7) is Verdict.TOLD
    clock.now = 160.0
    assert quota.admit(7) is Verdict.ADMITTED
    quota.leave(7)
    clock.now = 160.1
    assert quota.admit(7) is Verdict.TOO_FAST


def test_what_was_seen_is_forgotten_when_others_take_its_place() -> None:
    seen = Seen(2)
    assert [seen.first(key) for key in ("a", "a", "b", "a", "c")] == [
        True,
        False,
        True,
        False,
        True,
    ]
    assert seen.first("b")
    assert not seen.first("c")
