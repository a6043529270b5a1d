"""Properties of the limiter, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram.error import NetworkError, RetryAfter

from .virtual import Telegram, VirtualLoop, error

pytestmark = pytest.mark.anyio

GROUP = -1001


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualLoop}


@pytest.fixture(scope="module", autouse=True)
def _durations() -> Iterator[None]:
    """Ask the library for timedelta, as the bot does; it warns of the other form."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PTB_TIMEDELTA", "1")
        yield


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
