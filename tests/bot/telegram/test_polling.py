"""Polling, against the emulator and its faults."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypedDict, Unpack

import pytest
from telegram.error import Conflict

from bot.telegram.polling import Polling
from bot.telegram.transport import TelegramFault, TokenRefused

from .bots import Receiver, bare_bot
from .emulator import ApiError, Emulator, Fault, Json

pytestmark = pytest.mark.anyio

KINDS = ["message", "callback_query"]
RIVAL = Fault(ApiError(409, "Conflict: terminated by other getUpdates request"))
BROKEN = Fault(ApiError(502, "Bad Gateway"))


class Pauses(list[float]):
    """Sleeps for no time, and remembers for how long it was asked to."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)
        await asyncio.sleep(0)


class Options(TypedDict, total=False):
    ready: Callable[[], Awaitable[None]]
    pauses: Callable[[float], Awaitable[None]]
    clock: Callable[[], float]


async def no_limit() -> None:
    """Have room for everything."""


@asynccontextmanager
async def a_polling(
    url: str,
    store: Receiver,
    *,
    ready: Callable[[], Awaitable[None]] = no_limit,
    pauses: Callable[[float], Awaitable[None]] | None = None,
    clock: Callable[[], float] = lambda: 0.0,
) -> AsyncIterator[Polling]:
    async with bare_bot(url) as bot:
        sleep = Pauses() if pauses is None else pauses
        yield Polling(bot, store.receive, ready, KINDS, sleep=sleep, clock=clock)


@asynccontextmanager
async def polling(
    emulator: Emulator, store: Receiver, **options: Unpack[Options]
) -> AsyncIterator[Polling]:
    stop = asyncio.Event()
    async with a_polling(emulator.url, store, **options) as poll:
        task = asyncio.create_task(poll.run(stop))
        try:
            yield poll
        finally:
            stop.set()
            async with asyncio.timeout(10):
                await task


def answered(*ids: int) -> Fault:
    """Answer a poll with these updates, whatever it asks for."""
    return Fault(answer=json.dumps({"ok": True, "result": [{"update_id": one} for one in ids]}))


async def until_error(url: str, **options: Unpack[Options]) -> None:
    async with asyncio.timeout(10), a_polling(url, Receiver(), **options) as poll:
        await poll.run(asyncio.Event())


def offsets(emulator: Emulator) -> list[int | None]:
    calls = [call.params for call in emulator.calls if call.method == "getUpdates"]
    return [int(params["offset"]) if "offset" in params else None for params in calls]


async def test_updates_are_confirmed_once_they_are_received(emulator: Emulator) -> None:
    store = Receiver()
    first, second = emulator.say(7, "One?"), emulator.say(8, "Two?")
    async with polling(emulator, store) as poll:
        await emulator.called("getUpdates", 2)
        third = emulator.say(7, "Three?")
        await emulator.called("getUpdates", 3)
        assert poll.last_contact == 0.0
    assert store.ids == [first, second, third]
    assert [update["message"]["text"] for update in store.batches[0]] == ["One?", "Two?"]
    assert offsets(emulator)[:3] == [None, second + 1, third + 1]
    (*_, params) = [call.params for call in emulator.calls if call.method == "getUpdates"][:2]
    assert params["allowed_updates"] == KINDS
    assert int(params["timeout"]) == 25


async def test_updates_in_hand_are_not_confirmed_before_their_receipt_ends(
    emulator: Emulator,
) -> None:
    store = Receiver()
    store.go.clear()
    emulator.say(7, "Slow?")
    async with polling(emulator, store):
        await store.tried.wait()
        assert offsets(emulator) == [None]
        assert len(emulator.pending) == 1
        store.go.set()
        await emulator.called("getUpdates", 2)
        assert not emulator.pending


async def test_stopping_waits_for_the_receipt_and_confirms_it(emulator: Emulator) -> None:
    store = Receiver()
    store.go.clear()
    stop = asyncio.Event()
    only = emulator.say(7, "Slow?")
    async with a_polling(emulator.url, store) as poll:
        task = asyncio.create_task(poll.run(stop))
        await store.tried.wait()
        stop.set()
        late = emulator.say(7, "Too late?")
        store.go.set()
        async with asyncio.timeout(10):
            await task
    assert store.ids == [only]
    assert offsets(emulator) == [None, only + 1]
    last = emulator.calls[-1].params
    assert (last["limit"], last["timeout"]) == ("1", "0")
    assert [update["update_id"] for update in emulator.pending] == [late]


async def test_stopping_ends_a_poll_that_waits(emulator: Emulator) -> None:
    only = emulator.say(7, "Why?")
    async with polling(emulator, Receiver()):
        await emulator.called("getUpdates", 2)
    # The poll has confirmed it already.
    assert offsets(emulator) == [None, only + 1]


async def test_stopping_ends_a_pause_and_a_wait_for_room(emulator: Emulator) -> None:
    async def forever(_: float = 0.0) -> None:
        waits.set()
        await asyncio.Event().wait()

    waits = asyncio.Event()
    async with polling(emulator, Receiver(), ready=forever):
        await waits.wait()
    assert not offsets(emulator)
    waits.clear()
    emulator.fail("getUpdates", BROKEN)
    async with polling(emulator, Receiver(), pauses=forever):
        await waits.wait()
    assert offsets(emulator) == [None]


async def test_a_stop_before_the_start_asks_for_nothing(emulator: Emulator) -> None:
    stop = asyncio.Event()
    stop.set()
    async with a_polling(emulator.url, Receiver()) as poll:
        await poll.run(stop)
        assert poll.last_contact is None
    assert [call.method for call in emulator.calls] == ["getMe"]


async def test_a_confirmation_that_fails_is_let_go(emulator: Emulator) -> None:
    store = Receiver()
    store.go.clear()
    stop = asyncio.Event()
    emulator.say(7, "Why?")
    async with a_polling(emulator.url, store) as poll:
        task = asyncio.create_task(poll.run(stop))
        await store.tried.wait()
        emulator.fail("getUpdates", BROKEN)
        stop.set()
        store.go.set()
        async with asyncio.timeout(10):
            await task
    assert len(offsets(emulator)) == 2


async def test_what_could_not_be_stored_is_asked_for_again(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    store, pauses = Receiver(failures=2), Pauses()
    first = emulator.say(7, "A secret question?")
    async with polling(emulator, store, pauses=pauses):
        await emulator.until(lambda: len(offsets(emulator)) == 4)
    assert store.ids == [first]
    assert offsets(emulator)[:4] == [None, None, None, first + 1]
    assert pauses == [1.0, 2.0]
    (error,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "cannot be stored" in error.message
    assert "disk full" in caplog.text
    assert "secret question" not in caplog.text


async def test_an_empty_answer_drops_the_offset(emulator: Emulator) -> None:
    """After a quiet week, Telegram may begin anew with lower numbers."""
    store = Receiver()
    emulator.fail("getUpdates", answered(900), answered(), answered(5))
    async with polling(emulator, store):
        await emulator.called("getUpdates", 4)
    assert store.ids == [900, 5]
    assert offsets(emulator) == [None, 901, None, 6]


async def test_updates_of_any_shape_are_handed_through(emulator: Emulator) -> None:
    strange: list[Json] = [
        {"update_id": 1},
        {"update_id": 2, "telepathy": {"thought": "Why?"}},
        {"update_id": 3, "message": "no message at all"},
        {"update_id": 4, "message": {"date": None, "chat": []}},
        {"update_id": 5, "message": {"text": "Half a pair: \ud83d"}},
    ]
    emulator.updates.pending.update((update["update_id"], update) for update in strange)
    store = Receiver()
    async with polling(emulator, store):
        await emulator.called("getUpdates", 2)
    assert store.batches == [strange]


async def test_the_webhook_is_taken_away_and_what_waits_is_kept(emulator: Emulator) -> None:
    await emulator.updates.api_setwebhook({"url": f"{emulator.url}/nobody"})
    only = emulator.say(7, "KeptAnswer?")
    store = Receiver()
    emulator.fail("deleteWebhook", BROKEN)
    async with polling(emulator, store):
        await emulator.until(lambda: bool(offsets(emulator)))
        await emulator.called("getUpdates", 2)
    assert not emulator.webhook
    assert store.ids == [only]


async def test_pauses_double_up_to_half_a_minute_and_one_warning_is_logged(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    pauses, store = Pauses(), Receiver()
    caplog.set_level(logging.INFO, "bot")
    emulator.fail("getUpdates", *[BROKEN] * 6, Fault(drop=True))
    only = emulator.say(7, "Why?")
    async with polling(emulator, store, pauses=pauses):
        await emulator.called("getUpdates", 9)
        assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
        emulator.fail("getUpdates", BROKEN)
        again = emulator.say(7, "And again?")
        await emulator.called("getUpdates", 11)
    assert pauses[7:] == [1.0]
    assert store.ids == [only, again]
    said = [record.message for record in caplog.records if record.name == "bot.telegram.polling"]
    failure = "cannot fetch updates from Telegram (Bad Gateway); trying again"
    assert said == [failure, "updates from Telegram come again", *said[2:]]
    assert said.count(failure) == 2
    assert Emulator.token not in caplog.text


async def test_flood_control_is_waited_out(emulator: Emulator) -> None:
    pauses = Pauses()
    emulator.fail("getUpdates", Fault(ApiError(429, "Too Many Requests", retry_after=45)))
    async with polling(emulator, Receiver(), pauses=pauses):
        await emulator.called("getUpdates", 2)
    assert pauses == [45.0]


async def test_three_conflicts_in_a_minute_are_a_rival(emulator: Emulator) -> None:
    emulator.fail("getUpdates", *[RIVAL] * 3)
    with pytest.raises(Conflict, match="terminated by other") as caught:
        await until_error(emulator.url)
    assert "another process polls" in str(TelegramFault.of(caught.value))
    assert len(offsets(emulator)) == 3


async def test_a_rival_that_takes_turns_is_one_too(emulator: Emulator) -> None:
    emulator.fail("getUpdates", RIVAL, answered(1), RIVAL, answered(2), RIVAL)
    with pytest.raises(Conflict, match="terminated by other"):
        await until_error(emulator.url)
    assert offsets(emulator) == [None, None, 2, 2, 3]


async def test_conflicts_now_and_then_are_none(emulator: Emulator) -> None:
    times = iter(range(0, 10_000, 31))
    emulator.fail("getUpdates", *[RIVAL] * 5)
    only = emulator.say(7, "Why?")
    store = Receiver()
    async with polling(emulator, store, clock=lambda: float(next(times))):
        await emulator.called("getUpdates", 7)
    assert store.ids == [only]


@pytest.mark.parametrize("method", ["getUpdates", "deleteWebhook"])
@pytest.mark.parametrize("status", [401, 404])
async def test_a_token_that_was_revoked_ends_it(
    emulator: Emulator, method: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.fail(method, Fault(ApiError(status, "Unauthorized")))
    with pytest.raises(TokenRefused, match=str(status)) as caught:
        await until_error(emulator.url)
    assert Emulator.token not in f"{caught.value!r}{caplog.text}"


@pytest.mark.parametrize(
    "answer",
    [
        "{}",
        "[]",
        "null",
        '{"ok": true, "result": null}',
        '{"ok": true, "result": {"update_id": 1}}',
        '{"ok": true, "result": [1]}',
        '{"ok": true, "result": [{"message": {}}]}',
        '{"ok": true, "result": [{"update_id": "1"}]}',
        '{"ok": true, "result": [{"update_id": true}]}',
        '{"ok": true, "result": [{"update_id": 10000000000000000000}]}',
        "[" * 5000,
    ],
    ids=lambda answer: answer[:60],
)
async def test_an_answer_that_is_none_is_an_error_that_passes(
    emulator: Emulator, answer: str
) -> None:
    store, pauses = Receiver(), Pauses()
    emulator.fail("deleteWebhook", Fault(answer="[" * 5000))
    emulator.fail("getUpdates", Fault(answer=answer))
    only = emulator.say(7, "Why?")
    async with polling(emulator, store, pauses=pauses):
        await emulator.called("getUpdates", 3)
    assert store.ids == [only]
    assert pauses == [1.0, 2.0]


@pytest.mark.parametrize(("seconds", "pause"), [(10**6, 3600.0), (10**20, 1.0)])
async def test_no_flood_control_stops_it_for_ever(
    emulator: Emulator, seconds: int, pause: float
) -> None:
    store, pauses = Receiver(), Pauses()
    emulator.fail("getUpdates", Fault(ApiError(429, "Too Many Requests", retry_after=seconds)))
    async with polling(emulator, store, pauses=pauses):
        await emulator.called("getUpdates", 2)
    assert pauses == [pause]


async def test_what_fails_outside_of_telegram_is_raised(emulator: Emulator) -> None:
    async def ready() -> None:
        raise RuntimeError("the bot has ended")

    with pytest.raises(RuntimeError, match="the bot has ended"):
        await until_error(emulator.url, ready=ready)


async def test_a_server_that_is_gone_is_asked_again() -> None:
    pauses, enough = Pauses(), asyncio.Event()

    async def pause(seconds: float) -> None:
        await pauses(seconds)
        if len(pauses) == 3:
            enough.set()

    async with Emulator() as emulator:
        ended = asyncio.create_task(until_error(emulator.url, pauses=pause))
        await emulator.called("getUpdates")
    async with asyncio.timeout(10):
        await enough.wait()
    assert pauses == [1.0, 2.0, 4.0]
    ended.cancel()
    await asyncio.wait([ended])
