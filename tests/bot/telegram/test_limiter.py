"""The limiter before a Telegram in virtual time."""

from __future__ import annotations

import asyncio
import gc
import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram import Message
from telegram.error import (
    BadRequest,
    ChatMigrated,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import ExtBot
from telegram.request import BaseRequest, RequestData

from bot.telegram.limiter import Limiter, Rates

from .virtual import Telegram, VirtualLoop, error, settle

pytestmark = pytest.mark.anyio

GROUP = -1001


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualLoop}


async def test_a_private_chat_gets_a_burst_at_once_and_then_a_message_a_second() -> None:
    telegram = Telegram(latency_s=0)
    await asyncio.gather(*(telegram.say(7, str(n)) for n in range(9)))
    assert telegram.times() == [0, 0, 0, 3, 3, 3, 6, 6, 6]
    assert telegram.texts() == [str(n) for n in range(9)]


async def test_a_group_gets_twenty_messages_a_minute() -> None:
    telegram = Telegram(latency_s=0)
    await asyncio.gather(*(telegram.say(GROUP) for _ in range(25)))
    times = telegram.times()
    assert times[:20] == [3 * (n // 3) for n in range(20)]
    assert times[20:] == [60, 60, 60, 63, 63]


@pytest.mark.parametrize("names", [(GROUP, str(GROUP)), ("@Corvids", "@corvids")])
async def test_a_group_is_the_same_whichever_way_it_is_written(
    names: tuple[int | str, ...],
) -> None:
    telegram = Telegram(latency_s=0, group_per_min=2)
    await asyncio.gather(*(telegram.say(name) for name in (*names, names[0])))
    assert telegram.times() == [0, 0, 60]


async def test_all_chats_together_get_thirty_messages_a_second_in_the_order_asked() -> None:
    telegram = Telegram()
    await asyncio.gather(*(telegram.say(chat, str(chat)) for chat in range(1, 101)))
    assert telegram.times() == [n // 30 for n in range(100)]
    assert telegram.texts() == [str(chat) for chat in range(1, 101)]
    assert telegram.sleeps == [1, 1, 1], "one timer for all that wait"


async def test_replicas_share_the_rate_and_who_gets_more_lets_the_others_know_first() -> None:
    telegram = Telegram(latency_s=0, overall_per_s=8)

    async def sends(count: int) -> list[float]:
        """Let a while pass, and return when so many messages go after it."""
        await asyncio.sleep(100)
        begun = telegram.clock()
        await asyncio.gather(*(telegram.say(chat) for chat in range(1, 1 + count)))
        return [round(at - begun, 3) for at, *_ in telegram.sent[-count:]]

    telegram.limiter.share(2)
    assert await sends(3) == [0, 1, 2], "it has joined"
    telegram.limiter.share(2)
    assert await sends(9) == [0, 0, 0, 0, 1, 1, 1, 1, 2]
    telegram.limiter.share(16)
    assert await sends(3) == [0, 2, 4], "at once"
    telegram.limiter.share(1)
    assert await sends(2) == [0, 2], "the others may not know yet"
    telegram.limiter.share(1)
    assert await sends(9) == [0] * 8 + [1]


async def test_one_replica_alone_has_the_whole_rate_at_once_and_what_was_sent_counts() -> None:
    telegram = Telegram(latency_s=0, overall_per_s=8)
    telegram.limiter.share(1)
    await asyncio.gather(*(telegram.say(chat) for chat in range(6)))
    telegram.limiter.share(2)
    await telegram.say(9)
    assert telegram.times() == [0] * 6 + [1]


async def test_a_chat_with_much_to_say_leaves_the_others_their_turns() -> None:
    telegram = Telegram(latency_s=0, overall_per_s=1, chat_burst=20)
    much = [telegram.say(7) for _ in range(5)]
    await settle()
    await telegram.say(8)
    assert telegram.times(8) == [2], "after one that waited for longer"
    await asyncio.gather(*much)


async def test_flood_control_stops_its_chat_only_and_the_message_is_sent_after_it() -> None:
    telegram = Telegram()
    telegram.fail(7, RetryAfter(5))
    tasks = [telegram.say(7, "a"), telegram.say(8), telegram.say(7, "b")]
    await asyncio.sleep(1)
    tasks += [telegram.say(8), telegram.say(9)]
    await asyncio.gather(*tasks)
    assert telegram.times(7) == [0, 5.1, 5.2]
    assert telegram.texts(7) == ["a", "a", "b"]
    assert telegram.times(8) == [0, 1]
    assert telegram.times(9) == [1]


async def test_flood_control_beyond_patience_is_raised_to_all_who_wait_and_who_come() -> None:
    telegram = Telegram(patience_s=30)
    telegram.fail(7, RetryAfter(3600))
    tasks = [telegram.say(7), telegram.say(7)]
    await asyncio.sleep(0.2)
    assert all(isinstance(task.exception(), RetryAfter) for task in tasks)
    with pytest.raises(RetryAfter, match="Retry in 1:00:00"):
        await telegram.say(7)
    assert telegram.times() == [0]
    await asyncio.sleep(3600)
    await telegram.say(7)


async def test_a_wait_beyond_patience_is_refused_before_it_begins() -> None:
    telegram = Telegram(patience_s=4, latency_s=0)
    tasks = [telegram.say(7, str(n)) for n in range(8)]
    await settle()
    assert telegram.limiter.backlog(7) == 3
    assert [task.done() for task in tasks] == [True] * 3 + [False] * 3 + [True] * 2
    with pytest.raises(RetryAfter, match="Retry in 0:00:06"):
        await tasks[6]
    await asyncio.gather(*tasks[:6])
    with pytest.raises(RetryAfter, match="Retry in 0:00:06"):
        await tasks[7]


async def test_a_wait_for_other_chats_beyond_patience_is_refused_before_it_begins() -> None:
    telegram = Telegram(patience_s=4, overall_per_s=1)
    tasks = [telegram.say(chat) for chat in range(1, 8)]
    await settle()
    assert [task.done() for task in tasks] == [False] * 5 + [True] * 2
    await asyncio.gather(*tasks[:5])
    assert telegram.times() == [0, 1, 2, 3, 4]
    for task in tasks[5:]:
        with pytest.raises(RetryAfter, match="Retry in 0:00:05"):
            await task


async def test_flood_control_refuses_at_once_what_could_go_only_after_patience() -> None:
    telegram = Telegram(patience_s=10, chat_burst=1)
    telegram.fail(7, RetryAfter(8))
    tasks = [telegram.say(7, str(n)) for n in range(6)]
    await asyncio.sleep(0.2)
    waiting = [task for task in tasks if not task.done()]
    assert tasks[:2] == waiting[:2]
    assert len(waiting) == telegram.limiter.backlog(7) < 5
    for task in tasks[len(waiting) :]:
        with pytest.raises(RetryAfter, match=r"Retry in 0:00:1\d"):
            await task
    await asyncio.gather(*waiting)
    assert telegram.times()[:3] == [0, 8.1, 9.1]


async def test_flood_control_is_met_three_times_and_then_raised() -> None:
    telegram = Telegram()
    telegram.fail(7, *(RetryAfter(3) for _ in range(3)))
    with pytest.raises(RetryAfter, match="Flood"):
        await telegram.say(7)
    await telegram.say(7)
    assert telegram.times() == [0, 3.1, 6.2, 9.3]


@pytest.mark.parametrize("endpoint", ["answerCallbackQuery", "answerInlineQuery", "getMe"])
async def test_what_names_no_chat_goes_at_once_and_waits_for_itself_only(endpoint: str) -> None:
    telegram = Telegram(overall_per_s=1)
    tasks = [telegram.say(chat) for chat in range(1, 4)]
    telegram.fail(endpoint, RetryAfter(2), TimedOut())
    await settle()
    first = asyncio.create_task(telegram.call(endpoint))
    await asyncio.sleep(0.5)
    await telegram.call("setMyCommands")
    await first
    assert [(round(at, 1), name) for at, name, data in telegram.sent if "chat_id" not in data] == [
        (0.0, endpoint), (0.5, "setMyCommands"), (2.1, endpoint), (4.2, endpoint),
    ]  # fmt: skip
    telegram.fail(endpoint, RetryAfter(61))
    with pytest.raises(RetryAfter, match="Flood"):
        await telegram.call(endpoint)
    telegram.fail(endpoint, BadRequest("Query is too old"))
    with pytest.raises(BadRequest, match="Query is too old"):
        await telegram.call(endpoint)
    await asyncio.gather(*tasks)


async def test_after_a_lost_connection_the_message_goes_again_before_its_followers() -> None:
    telegram = Telegram(latency_s=0)
    lost = NetworkError("lost")
    telegram.fail(7, lost, lost)
    await asyncio.gather(telegram.say(7, "a"), telegram.say(7, "b"))
    assert telegram.texts() == ["a", "a", "a", "b"]
    assert telegram.times() == [0, 0.5, 2.5, 3]


async def test_a_message_that_may_have_arrived_goes_once_more_and_not_again() -> None:
    telegram = Telegram(latency_s=0)
    telegram.fail(7, TimedOut(), TimedOut())
    with pytest.raises(TimedOut, match="Timed out"):
        await telegram.say(7, "a")
    assert telegram.texts() == ["a", "a"]


async def test_a_connection_lost_three_times_is_reported_and_the_chat_goes_on() -> None:
    telegram = Telegram(latency_s=0)
    telegram.fail(7, *(NetworkError("lost") for _ in range(3)))
    lost, following = telegram.say(7, "a"), telegram.say(7, "b")
    with pytest.raises(NetworkError, match="lost"):
        await lost
    await following
    assert telegram.texts() == ["a", "a", "a", "b"]


async def test_a_bad_request_is_not_made_again() -> None:
    telegram = Telegram()
    telegram.fail(7, BadRequest("Message is not modified"))
    with pytest.raises(BadRequest, match="not modified"):
        await telegram.edit(1, "a")
    assert telegram.texts() == ["a"]


async def test_an_edit_that_waits_is_dropped_when_a_newer_one_comes() -> None:
    telegram = Telegram()
    telegram.fail(7, RetryAfter(3))
    said = telegram.say(7, "said")
    await asyncio.sleep(0.5)
    old, other, new = telegram.edit(1, "old"), telegram.edit(2, "other"), telegram.edit(1, "new")
    await settle()
    assert await old is True
    assert telegram.limiter.backlog(7) == 3
    await asyncio.gather(said, other, new)
    assert telegram.texts() == ["said", "said", "other", "new"]


async def test_new_buttons_do_not_replace_a_text_but_a_text_replaces_buttons() -> None:
    telegram = Telegram(latency_s=1)
    first = telegram.say(7, "first")
    await settle()
    tasks = [telegram.edit(1, "text"), telegram.buttons(1, "a"), telegram.buttons(1, "b")]
    tasks += [telegram.buttons(2, "c"), telegram.edit(2, "d")]
    await asyncio.gather(first, *tasks)
    assert telegram.texts() == ["first", "text", "b", "d"]


async def test_an_edit_of_an_inline_message_is_dropped_when_a_newer_one_comes() -> None:
    telegram = Telegram(latency_s=1)
    tasks = []
    for text, message in [("a", "X"), ("b", "X"), ("c", "x"), ("d", "X")]:
        call = telegram.call("editMessageText", inline_message_id=message, text=text)
        tasks.append(asyncio.create_task(call))
        await settle()
    await asyncio.gather(*tasks)
    assert telegram.texts() == ["a", "c", "d"]


@pytest.mark.parametrize("fault", ["lost", 2])
@pytest.mark.parametrize("after_s", [0.05, 0.3], ids=["under way", "in the pause"])
async def test_a_failed_edit_is_not_made_again_when_a_newer_one_has_come(
    fault: str | int, after_s: float
) -> None:
    telegram = Telegram()
    telegram.fail(7, error(fault))
    old = telegram.edit(1, "old")
    await asyncio.sleep(after_s)
    new = telegram.edit(1, "new")
    assert await old is True
    await new
    assert telegram.texts() == ["old", "new"]


async def test_typing_is_shown_only_where_nothing_has_to_wait_for_it() -> None:
    telegram = Telegram(latency_s=0.5)
    assert await telegram.typing(7)
    message = telegram.say(7)
    await settle()
    assert not await telegram.typing(7), "a message is under way"
    await message
    assert not await telegram.typing(7), "only one message could go now"
    await asyncio.sleep(3)
    assert await telegram.typing(7)

    telegram.fail(8, RetryAfter(5))
    message = telegram.say(8)
    await asyncio.sleep(1)
    assert not await telegram.typing(8), "the chat is halted"
    await message


async def test_typing_takes_nothing_from_an_overall_budget_that_is_half_used() -> None:
    telegram = Telegram(latency_s=0, overall_per_s=10)
    shown = [await telegram.typing(chat) for chat in range(1, 9)]
    assert shown == [True] * 5 + [False] * 3
    await asyncio.gather(*(telegram.say(chat) for chat in range(11, 16)))
    assert telegram.times()[-1] == 0


@pytest.mark.parametrize("fault", ["lost", 1])
async def test_typing_is_not_retried(fault: str | int) -> None:
    telegram = Telegram()
    telegram.fail(7, error(fault))
    with pytest.raises(TelegramError, match=r"lost|Flood"):
        await telegram.typing(7)
    assert len(telegram.sent) == 1


async def test_a_request_cancelled_at_its_turn_leaves_it_to_the_next() -> None:
    telegram = Telegram()

    async def answer(endpoint: str, data: dict[str, Any]) -> bool | dict[str, Any]:
        result = await telegram.answer(endpoint, data)
        # Runs after the limiter has given the turn away, and before the task that gets it.
        asyncio.get_running_loop().call_soon(lambda: second.cancel())
        return result

    data = {"chat_id": 7, "text": "a"}
    send = telegram.limiter.process_request(answer, ("sendMessage", data), {}, "", data, None)
    first = asyncio.ensure_future(send)
    second, third = telegram.say(7, "b"), telegram.say(7, "c")
    await asyncio.gather(first, third)
    assert second.cancelled()
    assert telegram.texts() == ["a", "c"]


@pytest.mark.parametrize("turns", range(6))
async def test_a_newer_edit_at_the_turn_of_an_older_one_leaves_the_chat_usable(turns: int) -> None:
    telegram = Telegram()
    newer: list[asyncio.Task[Any]] = []

    def later(turns: int) -> None:
        if turns:  # of the loop
            asyncio.get_running_loop().call_soon(later, turns - 1)
        else:
            newer.append(telegram.edit(1, "new"))

    async def answer(endpoint: str, data: dict[str, Any]) -> bool | dict[str, Any]:
        result = await telegram.answer(endpoint, data)
        later(turns)
        return result

    data = {"chat_id": 7, "text": "a"}
    send = telegram.limiter.process_request(answer, ("sendMessage", data), {}, "", data, None)
    first = asyncio.ensure_future(send)
    older = telegram.edit(1, "old")
    await first
    sent = ["a", "new"] if await older is True else ["a", "old", "new"]
    assert await newer[0] == {"text": "new"}
    assert telegram.texts() == sent
    await telegram.say(7)


async def test_chats_that_are_idle_are_forgotten() -> None:
    telegram = Telegram(latency_s=0, patience_s=3600, overall_per_s=1000)
    telegram.fail(5, RetryAfter(1800))
    halted = telegram.say(5)
    await settle()
    times = telegram.times(5)
    kept: list[int] = []
    for chat in range(10, 10_000):
        await telegram.say(chat if chat % 2 else -chat)
        await asyncio.sleep(0.1)
        if chat % 3000 == 0:
            for noted in (telegram.sent, telegram.sleeps, telegram.faults):
                noted.clear()
            gc.collect()
            kept.append(len(gc.get_objects()))
    # Ten new chats a second: a private one matters for 3 s, a group for 60 s.
    assert max(kept) - kept[0] < 1000, "of 3000 chats more, each time"
    assert telegram.limiter.backlog(5) == 1, "but not one that is halted"
    await halted
    assert times + telegram.times(5) == [0, 1800]


@pytest.mark.parametrize("rates", [{"overall_per_s": 0}, {"chat_per_s": 0}, {"group_per_min": 0}])
def test_rates_that_let_nothing_go_are_refused(rates: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="lets no request go"):
        Rates(**rates)


class Wire(BaseRequest):
    """A transport of the library's bot; chat -5 has become the supergroup -1005."""

    read_timeout = 1.0

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        *_: Any,  # noqa: ANN401
        **__: Any,  # noqa: ANN401
    ) -> tuple[int, bytes]:
        data = dict(request_data.parameters) if request_data else {}
        self.sent.append(data)
        await asyncio.sleep(1)
        if data["chat_id"] == -5:
            moved = {"migrate_to_chat_id": -1005}
            return 400, json.dumps({"ok": False, "description": "", "parameters": moved}).encode()
        chat = {"id": data["chat_id"], "type": "private"}
        message = {"message_id": 1, "date": 0, "chat": chat, "text": data["text"]}
        return 200, json.dumps({"ok": True, "result": message}).encode()


async def test_a_message_follows_its_group_but_an_edit_does_not() -> None:
    wire = Wire()
    bot = ExtBot("1:x", request=wire, get_updates_request=Wire(), rate_limiter=Limiter(Rates()))
    message = await bot.send_message(-5, "a", reply_to_message_id=3)
    assert message.chat.id == -1005
    assert wire.sent[1] == {"chat_id": -1005, "text": "a"}
    with pytest.raises(ChatMigrated, match="New chat id: -1005"):
        await bot.edit_message_text("b", -5, 3)
    assert len(wire.sent) == 3


async def test_the_library_takes_what_a_dropped_edit_returns() -> None:
    wire = Wire()
    bot = ExtBot("1:x", request=wire, get_updates_request=Wire(), rate_limiter=Limiter(Rates()))
    edits = []
    for text in "abc":
        edits.append(asyncio.create_task(bot.edit_message_text(text, 7, 1)))
        await settle()
    first, dropped, last = await asyncio.gather(*edits)
    assert isinstance(first, Message)
    assert dropped is True
    assert isinstance(last, Message)
    assert [data["text"] for data in wire.sent] == ["a", "c"]


# Properties


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, so long after the one before it; its caller may lose patience."""

    pause_s: float
    endpoint: str
    chat: int | str
    message: int
    cancelled_after_s: float | None


Asked = list[Ask]
Faults = dict[int | str, list[str | int | None]]

CHATS: list[int | str] = [1, 2, 3, GROUP, GROUP - 1, "@name"]
ENDPOINTS = ["sendMessage"] * 3 + ["editMessageText", "editMessageReplyMarkup", "sendChatAction"]
ASKS = st.builds(
    Ask,
    st.sampled_from([0.0, 0.01, 0.2, 1.0, 7.0]),
    st.sampled_from(ENDPOINTS),
    st.sampled_from(CHATS),
    st.integers(1, 2),
    st.sampled_from([None, None, None, 0.0, 0.05, 1.0, 3.0]),
)
ASKED = st.lists(ASKS, max_size=60)
FAULTS = st.dictionaries(
    st.sampled_from(CHATS), st.lists(st.sampled_from([None, "lost", 1, 4, 100]), max_size=6)
)
RATES = st.fixed_dictionaries(
    {
        "overall_per_s": st.integers(1, 8),
        "chat_per_s": st.sampled_from([0.5, 1.0, 3.0]),
        "chat_burst": st.integers(1, 4),
        "group_per_min": st.integers(1, 8),
        "patience_s": st.sampled_from([5.0, 60.0, 600.0]),
    }
)


async def play(asked: Asked, faults: Faults, rates: dict[str, Any]) -> tuple[Telegram, list[Any]]:
    """Return Telegram when all is over, and what the callers got; texts are numbers from 000."""
    telegram = Telegram(**rates)
    for chat, errors in faults.items():
        telegram.fail(chat, *map(error, errors))
    loop = asyncio.get_running_loop()
    tasks = []
    for number, ask in enumerate(asked):
        await asyncio.sleep(ask.pause_s)
        data: dict[str, Any] = {"chat_id": ask.chat, "text": f"{number:03}"}
        if ask.endpoint.startswith("edit"):
            data["message_id"] = ask.message
        task = asyncio.create_task(telegram.call(ask.endpoint, **data))
        if ask.cancelled_after_s is not None:
            loop.call_later(ask.cancelled_after_s, task.cancel)
        tasks.append(task)
    async with asyncio.timeout(100_000):
        return telegram, await asyncio.gather(*tasks, return_exceptions=True)


def most(times: list[float], span_s: float) -> int:
    """Return the most in any span, a millionth shorter: sums of floats are not exact."""
    return max((sum(at <= x < at + span_s - 1e-6 for x in times) for at in times), default=0)


@given(asked=ASKED, faults=FAULTS, rates=RATES)
@settings(deadline=None)
async def test_no_span_of_time_has_more_than_allowed(
    asked: Asked, faults: Faults, rates: dict[str, Any]
) -> None:
    telegram, _ = await play(asked, faults, rates)
    assert most([at for at, _, _ in telegram.sent], 1) <= rates["overall_per_s"]
    for chat in CHATS:
        times = [at for at, _, data in telegram.sent if data["chat_id"] == chat]
        burst = rates["chat_burst"]
        assert most(times, burst / rates["chat_per_s"]) <= burst
        if not isinstance(chat, int) or chat < 0:
            assert most(times, 60) <= rates["group_per_min"]


@given(asked=ASKED, faults=FAULTS, rates=RATES)
@settings(deadline=None)
async def test_nothing_is_lost_or_out_of_order(
    asked: Asked, faults: Faults, rates: dict[str, Any]
) -> None:
    telegram, results = await play(asked, faults, rates)
    sent = set(telegram.texts())
    for number, (ask, result) in enumerate(zip(asked, results, strict=True)):
        text = f"{number:03}"
        if result is True:
            assert ask.endpoint != "sendMessage"
        elif isinstance(result, asyncio.CancelledError):
            assert ask.cancelled_after_s is not None
        elif isinstance(result, NetworkError):
            assert text in sent
        elif not isinstance(result, RetryAfter):
            assert result == {"text": text}
            assert text in sent
    for chat in CHATS:
        assert telegram.texts(chat) == sorted(telegram.texts(chat))
        assert telegram.limiter.backlog(chat) == 0


@given(asked=ASKED)
@settings(deadline=None)
async def test_an_edit_is_only_dropped_for_a_newer_one(asked: Asked) -> None:
    _, results = await play(asked, {}, {})
    for number, (ask, result) in enumerate(zip(asked, results, strict=True)):
        if result is True and ask.endpoint != "sendChatAction":
            assert any(
                (newer.chat, newer.message) == (ask.chat, ask.message)
                and newer.endpoint in ("editMessageText", ask.endpoint)
                for newer in asked[number + 1 :]
            )


@given(asked=ASKED, faults=FAULTS)
@settings(deadline=None)
async def test_no_chat_is_delayed_by_the_troubles_of_another(asked: Asked, faults: Faults) -> None:
    rates = {"overall_per_s": 1000}
    calm, _ = await play(asked, {}, rates)
    troubled, _ = await play(asked, faults, rates)
    for chat in set(CHATS) - set(faults):
        assert calm.texts(chat) == troubled.texts(chat)
        assert calm.times(chat) == pytest.approx(troubled.times(chat), abs=0.002)


@given(asked=ASKED, faults=FAULTS, rates=RATES)
@settings(deadline=None)
async def test_nothing_is_sent_to_a_chat_during_its_halt(
    asked: Asked, faults: Faults, rates: dict[str, Any]
) -> None:
    uncancelled = [replace(ask, cancelled_after_s=None) for ask in asked]  # else no halt is heard
    telegram, _ = await play(uncancelled, faults, rates)
    for chat, errors in faults.items():
        times = [at for at, _, data in telegram.sent if data["chat_id"] == chat]
        for place, (at, fault) in enumerate(zip(times, errors, strict=False)):
            if isinstance(fault, int):
                heard = at + telegram.latency_s
                later = [time for time in times[place + 1 :] if time > heard]
                assert all(time >= heard + fault - 1e-6 for time in later)
