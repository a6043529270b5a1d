from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from telegram.error import Forbidden

from bot.languages import LANGUAGES
from bot.telegram.alarms import Alarms
from bot.telegram.views.message import Message

from .bots import CROWS, serving
from .emulator import Emulator, private

pytestmark = pytest.mark.anyio

SECRET = "Does my neighbour steal bread?"


def plain(text: str) -> str:
    """Take out what keeps Telegram from making a link of a file's name."""
    return text.replace("\u2060", "")


class Told:
    """What administrators were told, at times that the test sets."""

    def __init__(self, *administrators: int, blocked: int = 0) -> None:
        self.messages: list[tuple[int, str]] = []
        self.now = 1000.0
        self._blocked = blocked
        self.alarms = Alarms(self._send, administrators, LANGUAGES["en"], lambda: self.now)

    async def _send(self, user: int, message: Message) -> None:
        if user == self._blocked:
            raise Forbidden("Forbidden: bot was blocked by the user")
        self.messages.append((user, plain(message.text)))

    async def note(self, fails: Callable[[], object], times: int = 1) -> None:
        for _ in range(times):
            try:
                fails()
            except Exception as exc:  # noqa: BLE001
                await self.alarms.note(exc)


def divide() -> float:
    return 1 / 0


def look_up() -> str:
    return {"a": "b"}[SECRET]


async def test_the_third_time_within_an_hour_is_told_to_each_administrator_once() -> None:
    told = Told(2, 1)
    await told.note(divide, 2)
    assert told.messages == []
    await told.note(divide)
    assert [user for user, _ in told.messages] == [1, 2]
    await told.note(divide, 50)
    assert len(told.messages) == 2
    assert told.messages[0][1].startswith(
        "An error happened here 3 times within an hour: ZeroDivisionError at test_alarms.py:"
    )


async def test_an_error_that_stays_is_told_of_again_after_an_hour() -> None:
    told = Told(1)
    await told.note(divide, 10)
    told.now += 3601
    await told.note(divide, 3)
    assert len(told.messages) == 2


async def test_three_times_in_more_than_an_hour_are_not_worth_a_word() -> None:
    told = Told(1)
    for _ in range(6):
        await told.note(divide)
        told.now += 1801
    assert told.messages == []


async def test_errors_are_counted_by_kind_and_place() -> None:
    told = Told(1)
    for _ in range(2):
        await told.note(divide)
        await told.note(look_up)
        await told.note(lambda: 1 / 0)
    assert told.messages == []


async def test_an_administrator_who_blocked_the_bot_keeps_no_other_from_being_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = Told(1, 2, 3, blocked=2)
    await told.note(divide, 3)
    assert [user for user, _ in told.messages] == [1, 3]
    assert "an administrator cannot be told of an error" in caplog.text


async def test_an_error_without_a_place_is_told_as_well() -> None:
    told = Told(1)
    for _ in range(3):
        await told.alarms.note(RuntimeError(SECRET))
    ((_, text),) = told.messages
    assert "RuntimeError at ?." in text


async def test_many_different_errors_are_forgotten_again() -> None:
    told = Told(1)
    kinds = [type(f"Error{n}", (Exception,), {}) for n in range(300)]
    for _ in range(3):
        for kind in kinds:
            await told.alarms.note(kind())
    assert told.messages == []


async def test_the_bot_tells_its_administrators_without_the_askers_text(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for administrator in (1, 2):
        emulator.chats.known[administrator] = private(administrator)
    async with serving(emulator, tmp_path, administrators=[1, 2]) as bot:
        bot.held.broken = (SECRET,)
        for user in (7, 8, 9, 10, 11):
            emulator.say(user, SECRET)
        messages = await emulator.sent(7)
        emulator.say(7, CROWS)
        await emulator.sent(8)
    apologies = [one for one in messages if one.chat_id >= 7]
    alarms = [one for one in messages if one.chat_id < 7]
    assert all(one.text.startswith("Something went wrong here") for one in apologies)
    assert len(apologies) == 5
    assert sorted(one.chat_id for one in alarms) == [1, 2]
    assert all("RuntimeError at bots.py:" in plain(one.text) for one in alarms)
    assert not any(one.detected for one in alarms)
    assert not any("neighbour" in one.text or "Traceback" in one.text for one in messages)
    errors = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert [one.getMessage() for one in errors] == ["an update could not be handled"] * 5
