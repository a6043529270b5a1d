"""What two replicas know together: updates go to them in turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port

from .bots import CROWS, TIDES, UNLIMITED, Bot, pressed, said, serving
from .emulation.floods import Limits
from .emulator import Emulator
from .postgres import Server
from .replicas import Balancer

pytestmark = pytest.mark.anyio

ADMINISTRATOR = 99


@asynccontextmanager
async def two_bots(
    emulator: Emulator,
    folder: Path,
    state: str,
    **telegram: Any,  # noqa: ANN401
) -> AsyncIterator[tuple[Bot, Bot]]:
    ports = [free_port(), free_port()]
    balancer = Balancer(ports)
    shared = {"mode": "webhook", "webhook_url": balancer.url, "state": state, **telegram}
    for name in ("one", "other"):
        (folder / name).mkdir()
    async with (
        balancer.serving(),
        serving(emulator, folder / "one", webhook_port=ports[0], **shared) as one,
        serving(emulator, folder / "other", webhook_port=ports[1], **shared) as other,
    ):
        await emulator.called("setWebhook")
        for port in ports:
            await _listening(port)
        yield one, other


async def _listening(port: int) -> None:
    for _ in range(600):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise TimeoutError


async def _settled(server: Server, state: str) -> None:
    """Wait until no update is in hand: else its replica takes its asker's next."""
    table = f"excerpta_{Emulator.token.partition(':')[0]}.updates"
    left = f"SELECT count(*) - count(handled) FROM {table}"
    for _ in range(600):
        if server.execute(left, state) == [(0,)]:
            return
        await asyncio.sleep(0.05)
    raise TimeoutError


async def test_a_question_leans_on_one_that_another_replica_answered(
    emulator: Emulator, tmp_path: Path, server: Server
) -> None:
    state = server.new_database()
    async with two_bots(emulator, tmp_path, state) as bots:
        await said(emulator, 7)
        await _settled(server, state)
        reply = await said(emulator, 7, "And who?")
        assert reply.text.startswith("Understood as: Who can recognise human faces?\n")
        assert [len(bot.held.heard) for bot in bots] == [1, 1]


async def test_votes_are_seen_and_a_user_is_forgotten_by_all(
    emulator: Emulator, tmp_path: Path, server: Server
) -> None:
    async with two_bots(emulator, tmp_path, server.new_database()):
        answer = await said(emulator, 7)
        assert await pressed(emulator, answer, "👍") == "Thank you, that helps."
        assert await pressed(emulator, answer, "👍") == "I have noted that already."
        await said(emulator, 7, "/forgetme")
        for _ in range(2):
            assert await pressed(emulator, answer, "👍") == (
                "That answer is too old. Please ask again."
            )


async def test_a_quota_is_one_for_all_replicas(
    emulator: Emulator, tmp_path: Path, server: Server
) -> None:
    async with two_bots(emulator, tmp_path, server.new_database(), questions_per_minute=3) as bots:
        for question in (CROWS, TIDES, CROWS):
            await said(emulator, 7, question)
        for question in (TIDES, CROWS):
            refusal = await said(emulator, 7, question)
            assert "Please ask again in" in refusal.text
            assert "seconds" in refusal.text
        await said(emulator, 8, TIDES)
        assert sum(len(bot.held.heard) for bot in bots) == 4


async def test_an_error_that_both_meet_is_told_of_once(
    emulator: Emulator, tmp_path: Path, server: Server
) -> None:
    async with two_bots(
        emulator, tmp_path, server.new_database(), administrators={ADMINISTRATOR}
    ) as bots:
        await said(emulator, ADMINISTRATOR, "/help")
        for bot in bots:
            bot.held.broken = (CROWS,)
        for user in range(10, 18):
            emulator.say(user, CROWS)
        await emulator.sent(10, within_s=30)
    _, told = [message for message in emulator.messages if message.chat_id == ADMINISTRATOR]
    assert "RuntimeError" in told.text
    assert [len(bot.held.heard) for bot in bots] == [4, 4]


async def test_both_together_send_no_more_than_telegram_lets_the_bot(
    emulator: Emulator, tmp_path: Path, server: Server
) -> None:
    # One more, until the first knows of the second.
    emulator.floods.set_limits(Limits(overall_per_s=11, slack_s=0.3))
    rates = replace(UNLIMITED, overall_per_s=10)
    async with two_bots(emulator, tmp_path, server.new_database(), rates=rates) as bots:
        for user in range(1000, 1030):
            emulator.say(user, CROWS)
        await emulator.sent(30, within_s=60)
    assert emulator.floods.exceeded == 0
    assert [len(bot.held.heard) for bot in bots] == [15, 15]
