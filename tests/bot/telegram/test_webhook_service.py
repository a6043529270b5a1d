"""The service by webhook, and what it tells of itself over HTTP."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from bot.errors import BotError
from bot.telegram import TelegramFault, check
from bot.telegram.application import UPDATES
from config import Settings
from tests.ports import free_port

from .bots import CROWS, TIDES, a_bot, serving, still_waiting, until_fault
from .emulator import Emulator

pytestmark = pytest.mark.anyio

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


def webhook() -> dict[str, Any]:
    port = free_port()
    url = f"http://127.0.0.1:{port}/excerpta"
    return {"mode": "webhook", "webhook_url": url, "webhook_port": port}


async def post(url: str, update: object, secret: str | None) -> int:
    headers = {} if secret is None else {SECRET_HEADER: secret}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, json=update, headers=headers) as response,
    ):
        return response.status


async def test_updates_come_by_webhook_and_strangers_are_turned_away(
    emulator: Emulator, tmp_path: Path
) -> None:
    where = webhook()
    emulator.say(7, CROWS)
    async with serving(emulator, tmp_path, **where):
        await emulator.sent(1)
        emulator.say(8, TIDES)
        await emulator.sent(2)
        (call,) = await emulator.called("setWebhook")
        secret = call.params["secret_token"]
        update = {"update_id": 1, "message": {"text": "Let me in?"}}
        for wrong in (None, "", secret[:-1]):
            assert await post(where["webhook_url"], update, wrong) == 403
        await emulator.until(lambda: not emulator.pending)
    assert len(secret) >= 32
    assert call.params["max_connections"] == "40"
    assert set(call.params["allowed_updates"]) == set(UPDATES)
    assert Emulator.token not in call.params["url"]
    assert [message.chat_id for message in emulator.messages] == [7, 8]
    assert "getUpdates" not in {call.method for call in emulator.calls}
    # The address stays, so that updates wait until the bot is back.
    assert "deleteWebhook" not in {call.method for call in emulator.calls}


async def test_an_update_that_comes_again_is_answered_once(
    emulator: Emulator, tmp_path: Path
) -> None:
    where = webhook()
    secret = "the-secret-of-this-test"
    emulator.say(7, CROWS)
    (update,) = emulator.pending
    for start in (1, 2):
        async with serving(emulator, tmp_path, **where, webhook_secret=secret):
            await emulator.called("setWebhook", start)
            await emulator.sent(1)
            again = [post(where["webhook_url"], update, secret) for _ in range(5)]
            assert await asyncio.gather(*again) == [200] * 5
    emulator.updates.pending[update["update_id"]] = update
    async with serving(emulator, tmp_path):
        emulator.say(8, TIDES)
        await emulator.sent(2)
    assert [message.chat_id for message in emulator.messages] == [7, 8]


async def test_the_way_of_updates_can_change_between_two_starts(
    emulator: Emulator, tmp_path: Path
) -> None:
    for number, mode in enumerate([{}, webhook(), {}, webhook()], start=1):
        emulator.say(number, CROWS)
        async with serving(emulator, tmp_path, **mode):
            await emulator.sent(number)
            await emulator.until(lambda: not emulator.pending)
        assert bool(emulator.webhook) is bool(mode)
    assert [message.chat_id for message in emulator.messages] == [1, 2, 3, 4]


async def test_a_token_revoked_behind_a_webhook_is_a_fault_and_the_question_is_kept(
    emulator: Emulator, tmp_path: Path
) -> None:
    where = webhook()
    task = asyncio.create_task(until_fault(a_bot(emulator, tmp_path, **where)))
    await emulator.called("setWebhook")
    token = emulator.token
    emulator.token = token.partition(":")[0] + ":" + "C" * 35
    emulator.say(7, CROWS)
    with pytest.raises(TelegramFault, match=r"refuses the bot token \(401 Unauthorized\)"):
        await task
    assert not emulator.pending
    emulator.token = token
    async with serving(emulator, tmp_path):
        (message,) = await emulator.sent(1)
    assert message.chat_id == 7


async def test_a_taken_port_is_a_fault(emulator: Emulator, tmp_path: Path) -> None:
    where = webhook()
    with socket.create_server(("127.0.0.1", where["webhook_port"])):
        with pytest.raises(BotError, match=r"in use.*telegram\.webhook_port"):
            await until_fault(a_bot(emulator, tmp_path, **where))
        with pytest.raises(BotError, match=r"in use.*telegram\.monitor_port"):
            await until_fault(a_bot(emulator, tmp_path, monitor_port=where["webhook_port"]))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mode": "webhook"}, r"telegram\.webhook_url is not set: set it to the https address"),
        (
            {"mode": "webhook", "webhook_url": f"https://bot.example.org/{Emulator.token}"},
            "holds the bot's token",
        ),
    ],
)
def test_a_webhook_without_a_good_address_is_found_before_anything_is_opened(
    settings: dict[str, str], message: str
) -> None:
    telegram = Settings.load(overrides={"telegram": settings}).telegram
    with pytest.raises(TelegramFault, match=message) as caught:
        check(SecretStr(Emulator.token), telegram)
    assert Emulator.token not in str(caught.value)


# What it tells of itself


async def test_health_and_metrics_are_told_over_http(emulator: Emulator, tmp_path: Path) -> None:
    port = free_port()
    async with (
        serving(emulator, tmp_path, "Slow?", monitor_port=port) as bot,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        emulator.say(7, CROWS)
        await emulator.sent(1)
        await emulator.until(lambda: not emulator.pending)
        emulator.say(7, "Slow?")
        await emulator.called("sendChatAction")
        async with session.head("/health") as response:
            assert response.status == 200
            assert not await response.read()
        async with session.get("/health") as response:
            assert (response.status, response.content_type) == (200, "application/json")
            health = await response.json()
        async with session.get("/metrics") as response:
            assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            text = await response.text()
        bot.stop.set()
        async with session.get("/health") as response:
            assert response.status == 503
            assert (await response.json())["status"] == "stopping"
        bot.held.go.set()
    assert health.pop("last_contact_seconds") < 30
    assert health == {"status": "ok", "generation": 1, "waiting": 1}
    told = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert told["excerpta_updates_total", "message"] == 2
    assert told["excerpta_updates_waiting",] == 1
    assert told["excerpta_articles",] == 4
    assert told["excerpta_index_generation",] == 1
    assert told["excerpta_questions_total", "private", "answered"] == 1
    assert told["excerpta_telegram_requests_total", "sendMessage", "ok"] == 1
    labels = {one for name, *rest in told if name.startswith("excerpta_") for one in rest}
    assert not labels & {"7", CROWS, "Slow?"}


async def test_updates_stay_with_telegram_while_too_many_are_in_hand(
    emulator: Emulator, tmp_path: Path
) -> None:
    port = free_port()
    async with (
        serving(emulator, tmp_path, "Slow?", monitor_port=port),
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        for user in range(1, 1301):
            emulator.say(user, "Slow?")
        in_hand = 0
        while in_hand < 1000:
            await asyncio.sleep(0.05)
            # It may not listen yet.
            with suppress(aiohttp.ClientConnectorError):
                async with session.get("/health") as response:
                    in_hand = (await response.json())["waiting"]
        await asyncio.sleep(0.2)
        assert len(emulator.pending) >= 200
    # Those whose turn had come are answered, the others are kept here or there.
    kept = still_waiting(tmp_path / "state")
    assert len(emulator.pending) + kept + len(emulator.messages) == 1300
    assert 0 < len(emulator.messages) < 100
