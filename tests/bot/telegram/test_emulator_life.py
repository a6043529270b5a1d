"""The emulator's updates, webhook, flood control and restarts are as Telegram's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from .emulation.asking import Ask, asking, done, refused
from .emulator import Emulator, Json, Limits, Sent, supergroup

pytestmark = pytest.mark.anyio

GROUP = supergroup(-100)


@pytest.fixture
async def ask_at() -> AsyncIterator[tuple[Emulator, Ask, list[float]]]:
    """An emulator with a clock that a test turns."""
    now = [1_000.0]
    async with (
        Emulator(clock=lambda: now[0]) as emulator,
        asking(emulator.url, emulator.token) as ask,
    ):
        yield emulator, ask, now


async def test_updates_are_confirmed_by_their_offset(emulator: Emulator, ask: Ask) -> None:
    ids = [emulator.say(7, f"{number}?") for number in range(5)]

    async def poll(**params: object) -> list[int]:
        return [update["update_id"] for update in await done(ask("getUpdates", **params))]

    assert await poll() == ids
    assert await poll(limit=2) == ids[:2]
    assert await poll(offset=ids[1]) == ids[1:]
    assert await poll(offset=-2) == ids[3:]
    assert len(emulator.pending) == 2
    assert await poll(offset=ids[4] + 1) == []
    waiting = asyncio.create_task(poll(timeout=5))
    await emulator.called("getUpdates", 6)
    ids.append(emulator.say(7, "Late?"))
    assert await waiting == ids[5:]
    await poll(offset=ids[5] + 1, allowed_updates=["callback_query"])
    emulator.say(7, "Unwanted?")
    assert not emulator.pending


async def test_a_newer_poll_ends_an_older_one(emulator: Emulator, ask: Ask) -> None:
    older = asyncio.create_task(ask("getUpdates", timeout=5))
    await emulator.called("getUpdates")
    await done(ask("getUpdates"))
    assert (await older)["error_code"] == 409


async def test_a_flood_is_over_after_its_time(ask_at: tuple[Emulator, Ask, list[float]]) -> None:
    emulator, ask, now = ask_at
    emulator.say(7, "Why?")
    emulator.say(8, "Why?")
    emulator.flood(7, 30, ("sendMessage",))
    waits = await refused(ask("sendMessage", chat_id=7, text="x"), 429, "retry after 30")
    assert waits == {"retry_after": 30}
    await done(ask("sendChatAction", chat_id=7, action="typing"))
    await done(ask("sendMessage", chat_id=8, text="x"))
    now[0] += 28.5
    await refused(ask("sendMessage", chat_id=7, text="x"), 429, "retry after 2")
    now[0] += 1.5
    await done(ask("sendMessage", chat_id=7, text="x"))


async def test_limits_hold_for_a_chat_a_group_and_overall(
    ask_at: tuple[Emulator, Ask, list[float]],
) -> None:
    emulator, ask, now = ask_at
    for chat_id in range(1, 40):
        emulator.say(chat_id, "Why?")
    emulator.say_in(GROUP, 7, "Why?")
    emulator.floods.set_limits(Limits())
    sent = await done(ask("sendMessage", chat_id=1, text="x"))
    place = {"chat_id": 1, "message_id": sent["message_id"]}
    await refused(ask("editMessageText", **place, text="y"), 429, "retry after 1")
    now[0] += 1
    await done(ask("editMessageText", **place, text="y"))
    for chat_id in range(2, 31):
        await done(ask("sendMessage", chat_id=chat_id, text="x"))
    await refused(ask("sendMessage", chat_id=31, text="x"), 429, "retry after 1")
    for _ in range(20):
        now[0] += 1
        await done(ask("sendMessage", chat_id=-100, text="x"))
    now[0] += 1
    await refused(ask("sendMessage", chat_id=-100, text="x"), 429, "retry after 40")
    assert emulator.floods.exceeded == 3


class Receiver:
    """A bot's webhook that takes updates as it is told to."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.taken: list[Json] = []
        self.secrets: list[str | None] = []
        self.at_once = self.most_at_once = 0
        self.crowded = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()

    async def receive(self, request: web.Request) -> web.Response:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        if self.at_once == 3:
            self.crowded.set()
        await self.go.wait()
        self.at_once -= 1
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            self.taken.append(await request.json())
        return web.Response(status=status)


@asynccontextmanager
async def serving(receiver: Receiver) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_post("/hook", receiver.receive)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    finally:
        await runner.cleanup()


async def test_a_webhook_gets_updates_until_it_takes_them(emulator: Emulator, ask: Ask) -> None:
    receiver = Receiver(500, 403)
    emulator.updates.webhook.pause_s = 0.01
    before = emulator.say(7, "Before?")
    async with serving(receiver) as url:
        await done(ask("setWebhook", url=url, secret_token="S3cret", max_connections=1))
        assert emulator.webhook == url
        await refused(ask("getUpdates"), 409, "webhook is active")
        await emulator.until(lambda: not emulator.pending)
        error = emulator.updates.webhook.error
        assert error == "Wrong response from the webhook: 403 Forbidden"
        after = emulator.say(7, "After?")
        await emulator.until(lambda: not emulator.pending)
        await done(ask("deleteWebhook"))
        emulator.say(7, "Too late?")
    assert [update["update_id"] for update in receiver.taken] == [before, after]
    assert receiver.secrets == ["S3cret"] * 4
    (late,) = await done(ask("getUpdates"))
    assert late["message"]["text"] == "Too late?"


async def test_no_more_posts_at_once_than_were_wished_for(emulator: Emulator, ask: Ask) -> None:
    receiver = Receiver()
    receiver.go.clear()
    async with serving(receiver) as url:
        await done(ask("setWebhook", url=url, max_connections=3))
        for number in range(9):
            emulator.say(7, f"{number}?")
        await receiver.crowded.wait()
        receiver.go.set()
        await emulator.until(lambda: not emulator.pending)
    assert receiver.most_at_once == 3
    assert len(receiver.taken) == 9


async def test_a_webhook_that_is_down_is_tried_again(emulator: Emulator, ask: Ask) -> None:
    async with serving(Receiver()) as url:
        pass
    await done(ask("setWebhook", url=url))
    emulator.say(7, "Why?")
    await emulator.until(lambda: emulator.updates.webhook.error is not None)
    assert emulator.updates.webhook.error == "Connection failed: ClientConnectorError"
    assert len(emulator.pending) == 1
    await done(ask("setWebhook", url="", drop_pending_updates=True))
    assert not emulator.pending


async def test_setting_a_webhook_ends_a_poll(emulator: Emulator, ask: Ask) -> None:
    poll = asyncio.create_task(ask("getUpdates", timeout=5))
    await emulator.called("getUpdates")
    async with serving(Receiver()) as url:
        await done(ask("setWebhook", url=url, drop_pending_updates=True))
        assert "terminated by setWebhook" in (await poll)["description"]


async def test_a_restart_keeps_the_port_and_what_is_pending(emulator: Emulator, ask: Ask) -> None:
    url, update_id = emulator.url, emulator.say(7, "Why?")
    await emulator.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await ask("getUpdates")
    await emulator.start()
    assert emulator.url == url
    (update,) = await done(ask("getUpdates"))
    assert update["update_id"] == update_id


async def test_a_bounded_emulator_forgets_what_is_old() -> None:
    seen: list[Sent] = []
    async with Emulator(recall=3, on_sent=seen.append) as emulator:
        for number in range(20):
            emulator.say(7, f"{number}?")
            await emulator.posts.api_sendmessage({"chat_id": 7, "text": f"{number}."})
        messages = await emulator.sent(20)
        assert 3 <= len(messages) <= 6
        assert messages[-1].text == seen[-1].text == "19."
        assert len(seen) == emulator.messages.total == 20
        assert len(emulator.chats.written) == len(emulator.posts.by_place) == 3
