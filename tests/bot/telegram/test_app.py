"""The bot as it runs, against the emulator, over HTTP on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr
from telegram.error import TelegramError

from bot.answers import Answer, QuestionError
from bot.telegram import TelegramFault, build, serve
from bot.telegram.message import BUSY, HELP, NO_ANSWER, SORRY
from retrieval.types import Excerpt, Source

from .emulator import ApiError, Emulator, Fault

pytestmark = pytest.mark.anyio

Answering = Callable[[str], Answer]

SECRET = Emulator.token.partition(":")[2]


def echo(question: str) -> Answer:
    """Answer with the question as the excerpt, highlighted."""
    source = Source("echo.md", "Echo 🗣", url="https://example.org/echo")
    excerpt = Excerpt(source, 2, 0, len(question), question, ((0, len(question)),), 1.0)
    return Answer(question, (excerpt,), True, 0.9, 1, 1.0)


class Held:
    """Answers as `echo` does, but only once released."""

    def __init__(self, *questions: str) -> None:
        self.questions = questions
        self.asked = threading.Event()
        self.go = threading.Event()

    def __call__(self, question: str) -> Answer:
        if question in self.questions:
            self.asked.set()
            assert self.go.wait(30)
        return echo(question)


@asynccontextmanager
async def serving(emulator: Emulator, answer: Answering = echo) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    task = asyncio.create_task(serve(build(SecretStr(emulator.token), emulator.url, answer), stop))
    try:
        yield stop
    finally:
        stop.set()
        async with asyncio.timeout(20):
            await task


async def until_fault(emulator: Emulator, token: str = Emulator.token) -> None:
    async with asyncio.timeout(20):
        await serve(build(SecretStr(token), emulator.url, echo), asyncio.Event())


def flood(seconds: int) -> Fault:
    return Fault(ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds))


async def test_a_question_is_answered_with_quote_and_link_as_a_reply(emulator: Emulator) -> None:
    async with serving(emulator):
        emulator.say(7, "  Why do 🐦‍⬛\ncrows gather?  ")
        (message,) = await emulator.sent(1)
    assert message.text == "Why do 🐦‍⬛ crows gather?\n[1] Echo 🗣 · paragraph 2"
    assert message.chat_id == 7
    assert message.parts("blockquote") == message.parts("bold") == ["Why do 🐦‍⬛ crows gather?"]
    assert message.parts("text_link") == ["Echo 🗣"]
    assert message.reply_to == emulator.last_message_id
    assert message.params["link_preview_options"] == {"is_disabled": True}
    assert "parse_mode" not in message.params


async def test_the_base_url_may_end_as_the_library_wants_it(emulator: Emulator) -> None:
    stop = asyncio.Event()
    stop.set()
    await serve(build(SecretStr(emulator.token), f"{emulator.url}/bot/", echo), stop)
    assert emulator.calls[0].method == "getMe"


@pytest.mark.parametrize("command", ["/start", "/help", "/start payload", "/unknown"])
async def test_commands_say_what_the_bot_does(emulator: Emulator, command: str) -> None:
    async with serving(emulator):
        emulator.say(7, command)
        (message,) = await emulator.sent(1)
    assert message.text == HELP
    assert not message.entities
    assert not message.detected
    assert [entry["command"] for entry in emulator.commands] == ["help"]


async def test_the_question_may_be_deleted_meanwhile(emulator: Emulator) -> None:
    held = Held("Gone?")
    async with serving(emulator, held):
        emulator.say(7, "Gone?")
        await emulator.called("sendChatAction")
        emulator.forget(7, emulator.last_message_id)
        held.go.set()
        (message,) = await emulator.sent(1)
    assert message.reply_to is None


async def test_everything_else_is_ignored(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    person = {"id": 7, "first_name": "Person", "is_bot": False}
    robot = {"id": 8, "first_name": "Robot", "is_bot": True}
    private = {"id": 7, "type": "private", "first_name": "Person"}
    group = {"id": -5, "type": "group", "title": "Group"}
    channel = {"id": -6, "type": "channel", "title": "Channel"}
    # Made before the first poll, so that kinds the bot does not ask for come as well.
    emulator.say(-5, "In a group?", chat=group)
    emulator.say(-5, "/help", chat=group)
    emulator.say(7, "From a bot?", **{"from": robot})
    emulator.say(7, "By way of a bot?", via_bot=robot)
    emulator.push("message", chat=private, **{"from": person}, photo=[], caption="Photo?")
    emulator.push("message", chat=private, **{"from": person}, hologram={"id": "?"})
    emulator.push("edited_message", chat=private, **{"from": person}, text="Edited?", edit_date=1)
    emulator.push("channel_post", chat=channel, text="Posted?")
    emulator.push("inline_query", id="1", **{"from": person}, query="Inline?", offset="")
    emulator.push("telepathy", thought="Unknown?")
    emulator.say(7, "A question?")
    async with serving(emulator):
        (message,) = await emulator.sent(1)
        emulator.push("poll_answer", poll_id="1", option_ids=[0])
    assert message.text.startswith("A question?")
    assert len(emulator.messages) == 1
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert not emulator.pending


async def test_a_question_that_cannot_be_asked_is_explained(emulator: Emulator) -> None:
    def answer(question: str) -> Answer:
        raise QuestionError("Ask something shorter than 9 characters.")

    async with serving(emulator, answer):
        emulator.say(7, "Why?")
        (message,) = await emulator.sent(1)
    assert message.text == "Ask something shorter than 9 characters."
    assert message.reply_to == emulator.last_message_id


async def test_an_error_is_logged_and_the_asker_gets_one_neutral_sentence(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(question: str) -> Answer:
        if question == "Why?":
            raise RuntimeError("the secret of the house")
        return echo(question)

    async with serving(emulator, answer):
        emulator.say(7, "Why?")
        await emulator.sent(1)
        emulator.say(7, "And now?")
        sorry, then = await emulator.sent(2)
    assert sorry.text == SORRY
    assert then.text.startswith("And now?")
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.name == "bot.telegram.app"
    assert "the secret of the house" in caplog.text


async def test_no_answer_is_said(emulator: Emulator) -> None:
    async with serving(emulator, lambda question: Answer(question, (), False, 0.1, 1, 1.0)):
        emulator.say(7, "Why?")
        (message,) = await emulator.sent(1)
    assert message.text == NO_ANSWER


async def test_links_and_mentions_of_articles_come_out_as_data(emulator: Emulator) -> None:
    text = "<b>@somebody</b> #tag /start http://evil.example [x](http://x.org) a@b.org"
    async with serving(emulator):
        emulator.say(7, text)
        (message,) = await emulator.sent(1)
    assert message.text.replace("\u2060", "").startswith(f"{text}\n")
    assert {entity["type"] for entity in message.entities} == {"blockquote", "bold", "text_link"}
    assert message.detected == ()


async def test_the_slow_questions_of_one_do_not_hold_up_another(emulator: Emulator) -> None:
    held = Held("Slow?")
    async with serving(emulator, held):
        for _ in range(4):
            emulator.say(7, "Slow?")
        await emulator.called("sendChatAction")
        emulator.say(8, "Quick?")
        (quick,) = await emulator.sent(1)
        held.go.set()
        messages = await emulator.sent(5)
    assert quick.chat_id == 8
    assert [message.chat_id for message in messages[1:]] == [7] * 4


async def test_who_asks_more_than_may_wait_is_told_once(emulator: Emulator) -> None:
    held = Held("1?")
    async with serving(emulator, held):
        for number in range(1, 8):
            emulator.say(7, f"{number}?")
        (busy,) = await emulator.sent(1)
        emulator.say(8, "Quick?")
        await emulator.sent(2)
        held.go.set()
        await emulator.sent(6)
        emulator.say(7, "Later?")
        messages = await emulator.sent(7)
    assert busy.text == BUSY
    texts = [message.text.partition("\n")[0] for message in messages[1:]]
    assert texts == ["Quick?", "1?", "2?", "3?", "4?", "Later?"]


async def test_a_chat_is_answered_in_the_order_of_its_questions(emulator: Emulator) -> None:
    held = Held("First?")
    async with serving(emulator, held):
        emulator.say(7, "First?")
        emulator.say(7, "Second?")
        await emulator.called("sendChatAction")
        held.go.set()
        first, second = await emulator.sent(2)
    assert first.text.startswith("First?")
    assert second.text.startswith("Second?")


async def test_an_answer_survives_that_typing_cannot_be_shown(emulator: Emulator) -> None:
    emulator.fail("sendChatAction", Fault(ApiError(500, "Internal Server Error")))
    held = Held("Slow?")
    async with serving(emulator, held):
        emulator.say(7, "Slow?")
        await emulator.called("sendChatAction")
        held.go.set()
        await emulator.sent(1)


@pytest.mark.parametrize(
    "fault",
    [Fault(ApiError(500, "Internal Server Error")), Fault(drop=True), Fault(delay_s=0.2)],
)
async def test_an_answer_survives_a_passing_fault(emulator: Emulator, fault: Fault) -> None:
    emulator.fail("sendMessage", fault)
    async with serving(emulator):
        emulator.say(7, "Why?")
        (message,) = await emulator.sent(1)
    assert message.text.startswith("Why?")


async def test_flood_control_is_waited_for_in_its_own_chat_only(emulator: Emulator) -> None:
    emulator.fail("sendMessage", flood(1))
    async with serving(emulator):
        emulator.say(7, "Flooded?")
        await emulator.called("sendMessage")
        emulator.say(8, "Free?")
        free, flooded = await emulator.sent(2)
    assert (free.chat_id, flooded.chat_id) == (8, 7)


async def test_a_long_flood_control_is_not_waited_for(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.fail("sendMessage", flood(3_600), flood(3_600))
    async with serving(emulator):
        emulator.say(7, "Flooded?")
        await emulator.called("sendMessage", 2)
    assert emulator.messages == []
    assert "Retry in" in caplog.text


async def test_who_blocked_the_bot_is_left_alone(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.blocked.add(7)
    async with serving(emulator):
        emulator.say(7, "Why?")
        await emulator.called("sendMessage")
    assert emulator.messages == []
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_polling_goes_on_after_a_lost_connection(emulator: Emulator) -> None:
    emulator.fail("getUpdates", Fault(drop=True))
    async with serving(emulator):
        emulator.say(7, "Why?")
        await emulator.sent(1)


async def test_a_missing_menu_does_not_stop_the_bot(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.fail("setMyCommands", Fault(ApiError(400, "Bad Request: no")))
    async with serving(emulator):
        emulator.say(7, "Why?")
        await emulator.sent(1)
    assert "cannot set the menu of commands: No" in caplog.text


async def test_what_was_asked_before_the_start_is_answered(emulator: Emulator) -> None:
    emulator.say(7, "Before?")
    async with serving(emulator):
        (message,) = await emulator.sent(1)
    assert message.text.startswith("Before?")
    assert "drop_pending_updates" not in emulator.calls[-1].params


@pytest.mark.parametrize(
    ("token", "status"),
    [("123456:" + "A" * 35, "401 Unauthorized"), ("123456789-" + "B" * 35, "404 Not Found")],
)
@pytest.mark.usefixtures("logging_all")
async def test_a_wrong_token_is_a_fault_that_does_not_show_it(
    emulator: Emulator, caplog: pytest.LogCaptureFixture, token: str, status: str
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(TelegramFault, match=f"refuses the bot token .{status}") as caught:
        await until_fault(emulator, token)
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert token[-30:] not in told
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("token", ["", "123:a b", "123:a\n", "123:/getMe"])
def test_a_malformed_token_is_a_fault_that_does_not_show_it(token: str) -> None:
    with pytest.raises(TelegramFault, match="token is empty or has characters") as caught:
        build(SecretStr(token), "https://api.telegram.org", echo)
    assert not token or token not in str(caught.value)


async def test_a_token_revoked_while_running_is_a_fault(emulator: Emulator) -> None:
    task = asyncio.create_task(until_fault(emulator))
    emulator.say(7, "Why?")
    await emulator.sent(1)
    emulator.token = "123456:" + "C" * 35
    emulator.say(7, "Still there?")
    with pytest.raises(TelegramFault, match=r"refuses the bot token \(401 Unauthorized\)"):
        await task


@pytest.mark.usefixtures("logging_all")
async def test_the_token_is_in_no_log(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    emulator.fail("sendMessage", Fault(drop=True))
    emulator.fail("getUpdates", Fault(ApiError(500, "Internal Server Error")))
    async with serving(emulator):
        emulator.say(7, "Why?")
        await emulator.sent(1)
    assert caplog.records
    assert SECRET not in caplog.text


async def test_no_server_is_a_fault(caplog: pytest.LogCaptureFixture) -> None:
    async with Emulator() as gone:
        pass
    with pytest.raises(TelegramFault, match=r"does not answer as it should \(httpx.ConnectError"):
        await until_fault(gone)
    assert SECRET not in caplog.text


@pytest.mark.usefixtures("logging_all")
async def test_another_server_is_a_fault_that_does_not_show_the_token(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    emulator.url += "/elsewhere"  # aiohttp's page for what it does not find
    with pytest.raises(TelegramFault, match="404 Not Found, and text/plain in place of") as caught:
        await until_fault(emulator)
    assert SECRET not in "".join(traceback.format_exception(caught.value)) + caplog.text


async def test_a_rival_with_the_same_token_is_a_fault(emulator: Emulator) -> None:
    async def poll() -> None:
        while True:
            with contextlib.suppress(ApiError):
                await emulator.api_getupdates({"timeout": "5"})

    task = asyncio.create_task(until_fault(emulator))
    await emulator.called("getUpdates")
    rival = asyncio.create_task(poll())
    with pytest.raises(TelegramFault, match="another process polls"):
        await task
    rival.cancel()


async def test_a_single_conflict_passes(emulator: Emulator) -> None:
    emulator.fail("getUpdates", Fault(ApiError(409, "Conflict: terminated by other request")))
    async with serving(emulator):
        emulator.say(7, "Why?")
        await emulator.sent(1)


async def test_stopping_answers_what_was_received(emulator: Emulator) -> None:
    held = Held("Slow?")
    async with serving(emulator, held) as stop:
        emulator.say(7, "Slow?")
        emulator.say(7, "Next?")
        await emulator.called("sendChatAction")
        stop.set()
        await emulator.until(lambda: not emulator.pending)
        emulator.say(7, "Too late?")
        held.go.set()
    assert [message.text.partition("?")[0] for message in emulator.messages] == ["Slow", "Next"]
    assert [update["message"]["text"] for update in emulator.pending] == ["Too late?"]


def test_a_fault_names_what_telegram_said() -> None:
    fault = TelegramFault.of(TelegramError("something new"))
    assert "something new" in str(fault)
