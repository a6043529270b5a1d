"""Stops and starts of the service: nothing is lost, nothing is answered twice, nothing leaks."""

from __future__ import annotations

import asyncio
import gc
import logging
import resource
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.telegram.inbox import Inbox
from tests.ports import free_port

from .bots import CROWS, TIDES, inbox_of, serving, still_waiting
from .emulator import ApiError, Emulator, Fault

pytestmark = pytest.mark.anyio

DESCRIPTORS = Path("/proc/self/fd")


BOT = int(Emulator.token.partition(":")[0])


def inbox_in(folder: Path) -> Inbox:
    return Inbox.open(folder / "state", BOT)


def questions(updates: Any) -> list[str]:  # noqa: ANN401 - updates in any container
    return [update["message"]["text"] for update in updates]


async def test_a_stop_finishes_what_is_being_answered_and_keeps_the_rest(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path, "Slow?") as bot:
        emulator.say(7, "Slow?")
        emulator.say(7, CROWS)
        emulator.say(7, TIDES)
        await emulator.until(lambda: not emulator.pending)
        await asyncio.to_thread(bot.held.asked.wait, 10)
        bot.stop.set()
        await asyncio.sleep(0.1)
        emulator.say(7, "Too late?")
        bot.held.go.set()
    assert len(emulator.messages) == 1
    assert questions(emulator.pending) == ["Too late?"]
    async with serving(emulator, tmp_path) as bot:
        await emulator.sent(4)
        assert bot.held.heard == [CROWS, TIDES, "Too late?"]
    assert len(emulator.messages) == 4


async def test_what_waits_through_many_orderly_stops_is_not_given_up(
    emulator: Emulator, tmp_path: Path
) -> None:
    asked = [f"{number}?" for number in range(4)]
    for question in asked:
        emulator.say(7, question)
    for start, question in enumerate(asked, start=1):
        async with serving(emulator, tmp_path, *asked) as bot:
            await asyncio.to_thread(bot.held.asked.wait, 10)
            bot.stop.set()
            await asyncio.sleep(0.1)
            assert bot.held.heard == [question]
        assert len(emulator.messages) == start
    assert still_waiting(tmp_path / "state") == 0


async def test_an_update_that_ends_the_process_each_time_is_given_up(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.say(7, "Poison?")
    _, poison = emulator.updates.pending.popitem()
    with closing(inbox_in(tmp_path)) as inbox:
        inbox.put([poison])
        for _ in range(2):  # two processes that were killed over it
            assert inbox.pending() == [poison]
    emulator.say(8, CROWS)
    async with serving(emulator, tmp_path) as bot:
        await emulator.sent(1)
        assert bot.held.heard == [CROWS]
    assert f"update {poison['update_id']} (message) was not handled" in caplog.text
    assert "Poison" not in caplog.text


async def test_an_answer_that_a_kill_kept_back_is_sent_and_a_sent_one_is_not_sent_again(
    emulator: Emulator, tmp_path: Path
) -> None:
    """A kill can come after an answer was sent and before its update is written off."""
    emulator.say(7, CROWS)
    emulator.say(8, TIDES)
    asked = list(emulator.pending)
    async with serving(emulator, tmp_path):
        await emulator.sent(2)
        await emulator.until(lambda: not emulator.pending)
    with closing(sqlite3.connect(tmp_path / "state" / f"{BOT}.sqlite")) as db, db:
        db.execute("UPDATE answers SET message_id = NULL WHERE question = ?", (TIDES,))
    with inbox_of(tmp_path / "state") as db:
        db.execute("DELETE FROM handled")
    with closing(inbox_in(tmp_path)) as inbox:
        inbox.put(asked)
    async with serving(emulator, tmp_path):
        await emulator.sent(3)
        emulator.say(9, CROWS)
        await emulator.sent(4)
    assert sorted(message.chat_id for message in emulator.messages) == [7, 8, 8, 9]


async def test_a_question_asked_in_an_outage_is_answered_after_it_and_leans_on_those_before(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(emulator, tmp_path):
        emulator.say(7, CROWS)
        await emulator.sent(1)
        emulator.fail("sendMessage", *[Fault(ApiError(502, "Bad Gateway"))] * 3)
        emulator.say(7, "And who?")
        await emulator.called("sendMessage", 4)
        await asyncio.sleep(0.1)
    assert "a message could not be sent: Bad Gateway" in caplog.text
    assert len(emulator.messages) == 1
    async with serving(emulator, tmp_path):
        _, message = await emulator.sent(2)
    assert message.text.startswith("Understood as: Who can recognise human faces?\n")


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file grow; Python leaves the signal alone that would end the process."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_what_comes_while_the_disk_is_full_is_answered_when_there_is_room(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(emulator, tmp_path):
        emulator.say(7, CROWS)
        await emulator.sent(1)
        for _ in range(100):
            if not still_waiting(tmp_path / "state"):
                break
            await asyncio.sleep(0.05)
        with full_disk():
            emulator.say(8, TIDES)
            polls = len([call for call in emulator.calls if call.method == "getUpdates"])
            await emulator.called("getUpdates", polls + 2)
            assert len(emulator.pending) == 1
        await emulator.sent(2)
        await emulator.until(lambda: not emulator.pending)
    assert [message.chat_id for message in emulator.messages] == [7, 8]
    errors = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert errors == ["updates cannot be stored; asking for them again"]
    assert still_waiting(tmp_path / "state") == 0


async def test_who_has_an_answer_is_not_told_otherwise_where_the_disk_is_full(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with ExitStack() as full:
        async with (
            Emulator(on_sent=lambda _: full.enter_context(full_disk())) as emulator,
            serving(emulator, tmp_path),
        ):
            emulator.say(7, CROWS)
            await emulator.sent(1)
            for _ in range(100):
                if "is handled" in caplog.text:
                    break
                await asyncio.sleep(0.05)
            full.close()
    assert [message.text[:5] for message in emulator.messages] == ["Crows"]
    assert "an answer is sent, but that cannot be written down" in caplog.text


async def test_what_is_old_is_forgotten_at_the_start(emulator: Emulator, tmp_path: Path) -> None:
    inbox_in(tmp_path).close()
    with inbox_of(tmp_path / "state") as db:
        db.execute("INSERT INTO handled VALUES (1, 0)")

    def known() -> bool:
        with inbox_of(tmp_path / "state") as db:
            return bool(db.execute("SELECT * FROM handled WHERE update_id = 1").fetchall())

    async with serving(emulator, tmp_path):
        emulator.say(7, CROWS)
        await emulator.sent(1)
        for _ in range(100):
            if not known():
                break
            await asyncio.sleep(0.05)
    assert not known()


@pytest.mark.skipif(not DESCRIPTORS.exists(), reason="counts what Linux shows in /proc")
async def test_many_starts_and_stops_leave_nothing_behind(
    emulator: Emulator, tmp_path: Path
) -> None:
    port = free_port()
    ways: list[dict[str, Any]] = [
        {"monitor_port": port},
        {
            "mode": "webhook",
            "webhook_url": f"http://127.0.0.1:{port}/hook",
            "webhook_port": port,
        },
    ]

    async def life(number: int) -> None:
        emulator.say(number, CROWS)
        async with serving(emulator, tmp_path, **ways[number % 2]):
            await emulator.sent(number)
            await emulator.until(lambda: not emulator.pending)

    def left() -> tuple[int, int, int]:
        gc.collect()
        # The loop's own pool grows up to its bound, whenever none of its threads is idle.
        threads = [one for one in threading.enumerate() if not one.name.startswith("asyncio_")]
        tasks = len(asyncio.all_tasks())
        return len(threads), tasks, len(list(DESCRIPTORS.iterdir()))

    for number in range(1, 5):
        await life(number)
    await asyncio.sleep(0.2)
    before = left()
    for number in range(5, 15):
        await life(number)
    await asyncio.sleep(0.2)
    after = left()
    # The emulator's own connections come and go.
    assert after[0] <= before[0]
    assert after[1] <= before[1] + 2
    assert after[2] <= before[2] + 2
