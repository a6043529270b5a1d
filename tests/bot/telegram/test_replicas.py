"""Replicas of `excerpta telegram` behind a load balancer, with their state in one PostgreSQL."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections import Counter
from pathlib import Path

import pytest
from telegram.error import NetworkError

from bot.records import StateUnreachable
from bot.telegram.transport import before_sending

from .bots import bare_bot
from .emulator import Emulator
from .postgres import PASSWORD, Server
from .programs import program
from .replicas import replicas

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(300)]

QUESTIONS = ("How do bees find flowers?", "Who built the first telescope?", "What is sourdough?")


def answers(emulator: Emulator) -> Counter[tuple[int, int | None]]:
    return Counter((sent.chat_id, sent.reply_to) for sent in emulator.messages)


async def test_an_update_that_two_replicas_get_is_answered_once_and_a_chat_in_order(
    emulator: Emulator, tmp_path: Path, seeds_index: Path, server: Server
) -> None:
    state = server.new_database()
    async with replicas(
        *(2, emulator, tmp_path, seeds_index, state), copies=2, drain_seconds=2
    ) as both:
        for number in range(30):
            emulator.say(100 + number % 10, QUESTIONS[number // 10])
        await emulator.sent(30, within_s=60)
        await emulator.until(lambda: not emulator.pending)
        assert await both.page(0, "/ready") == await both.page(1, "/ready") == (200, "ready")
        assert len([call for call in emulator.calls if call.method == "setWebhook"]) == 1
        # A load balancer goes on for a while after one has said that it ends.
        both.programs[0].child.send_signal(signal.SIGTERM)
        await both.becomes(0, "/ready", (503, "stopping"))
        refused = both.balancer.refused
        emulator.say(100, QUESTIONS[0])
        await emulator.sent(31)
        assert both.balancer.refused == refused
        assert [await one.ended() for one in both.programs[:1]] == [0]
        emulator.say(101, QUESTIONS[0])
        await emulator.sent(32)
        assert await both.programs[1].ended(signal.SIGTERM) == 0
    assert set(answers(emulator).values()) == {1}
    assert len(answers(emulator)) == 32
    for chat in range(100, 110):
        asked = [sent.reply_to for sent in emulator.messages if sent.chat_id == chat]
        assert asked == sorted(asked, key=lambda number: number or 0)
    lines = [line for one in both.programs for line in one.lines]
    assert not any(PASSWORD in line or emulator.token in line for line in lines)
    schema = f"excerpta_{emulator.token.partition(':')[0]}"
    left = "count(*), count(handled), count(asker), max(payload)"
    assert server.execute(f"SELECT {left} FROM {schema}.updates", state) == [(32, 32, 0, "")]
    assert server.execute(f"SELECT count(message_id) FROM {schema}.answers", state) == [(32,)]


async def test_a_message_can_be_prevented_at_the_last_moment(emulator: Emulator) -> None:
    emulator.say(7, "Hello?")
    asked: list[int] = []

    async def refuse() -> None:
        asked.append(len(emulator.messages))
        raise StateUnreachable("no database")

    async def allow() -> None:
        asked.append(len(emulator.messages))

    async with bare_bot(emulator.url) as bot:
        before_sending.set(refuse)
        with pytest.raises(NetworkError, match="no database"):
            await bot.send_message(7, "never")
        await bot.send_chat_action(7, "typing")
        assert asked == [0]
        before_sending.set(allow)
        await bot.send_message(7, "once")
    assert asked == [0, 0]
    assert [message.text for message in emulator.messages] == ["once"]


async def test_a_wrong_password_ends_the_bot_with_one_line(
    emulator: Emulator, tmp_path: Path, seeds_index: Path, server: Server
) -> None:
    shutil.copytree(seeds_index, tmp_path / "index")
    state = server.url(password=f"not-{PASSWORD}")
    async with program(emulator, tmp_path, "-v", state=state) as one:
        assert await one.ended() == 3
    assert "password authentication failed" in one.lines[-1]
    assert PASSWORD not in "\n".join(one.lines)


async def test_what_a_killed_replica_had_is_answered_by_the_others(
    emulator: Emulator, tmp_path: Path, seeds_index: Path, server: Server
) -> None:
    count, state = 200, server.new_database()
    async with replicas(3, emulator, tmp_path, seeds_index, state) as three:
        asked = []
        for number in range(count):
            chat = 1000 + number % 40
            emulator.say(chat, QUESTIONS[number % 3])
            asked.append((chat, emulator.last_message_id))
        await emulator.sent(count // 4, within_s=120)
        three.programs[1].child.kill()
        await emulator.until(lambda: not emulator.pending, 100)
        schema = f"excerpta_{emulator.token.partition(':')[0]}"
        left = f"SELECT count(*) - count(handled) FROM {schema}.updates"
        await three.programs[0].until(lambda: server.execute(left, state) == [(0,)], 150)
        unknown = [
            line
            for one in three.programs
            for line in one.lines
            if "was being answered by a replica that died" in line
        ]
        found = answers(emulator)
        assert set(found.values()) == {1}
        # Only what was on its way to Telegram in the moment of the kill may have been lost, and of
        # each chat a replica has one at a time.
        lost = [chat for chat, message in asked if (chat, message) not in found]
        assert found.keys() <= set(asked)
        assert len(lost) <= len(unknown)
        assert len(lost) == len(set(lost))


async def test_a_restart_of_the_server_delays_answers_and_loses_none(
    emulator: Emulator, tmp_path: Path, seeds_index: Path, server: Server
) -> None:
    count, state = 100, server.new_database()
    emulator.updates.webhook.pause_s = 0.5
    async with replicas(2, emulator, tmp_path, seeds_index, state) as both:
        for number in range(count // 2):
            emulator.say(1000 + number % 20, QUESTIONS[number % 3])
        await emulator.sent(count // 4, within_s=60)
        server.stop(signal.SIGQUIT)
        for number in range(count // 2):
            emulator.say(2000 + number % 20, QUESTIONS[number % 3])
        await both.becomes(0, "/ready", (503, "state out of reach"))
        await asyncio.sleep(2)
        assert both.balancer.refused > 0
        assert emulator.pending
        server.start()
        await both.becomes(0, "/ready", (200, "ready"))
        await emulator.sent(count, within_s=120)
        await emulator.until(lambda: not emulator.pending)
        assert [await one.ended(signal.SIGTERM) for one in both.programs] == [0, 0]
    assert set(answers(emulator).values()) == {1}
    assert len(answers(emulator)) == count
