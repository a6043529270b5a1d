"""Groups, forums and channels: where the bot answers, where not, and what goes wrong."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from pathlib import Path
from typing import Any

import pytest

from bot.languages import LANGUAGES
from bot.telegram.limiter import Rates

from .bots import CROWS, FROM_CROWS, FROM_TIDES, TIDES, serving, warnings
from .emulator import ApiError, Emulator, Fault, channel, group, person, supergroup

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("chat", [group(-5), supergroup(-5)], ids=["group", "supergroup"])
async def test_only_what_is_addressed_to_the_bot_is_answered(
    emulator: Emulator, tmp_path: Path, chat: dict[str, object]
) -> None:
    async with serving(emulator, tmp_path) as bot:
        emulator.say_in(chat, 7, "Hello all, who can recognise faces?")
        emulator.say_in(chat, 7, "@emulated_bot2 who?")
        emulator.say_in(chat, 7, f"{CROWS} @{emulator.username}")
        (mentioned,) = await emulator.sent(1)
        first = emulator.last_message_id
        emulator.say_in(chat, 8, "I know that.", reply_to=first)
        emulator.say_in(chat, 8, TIDES, reply_to=mentioned.message_id)
        _, replied = await emulator.sent(2)
        second = emulator.last_message_id
        emulator.say_in(chat, 9, f"/ask {CROWS}")
        *_, commanded = await emulator.sent(3)
    assert (mentioned.chat_id, mentioned.reply_to, mentioned.thread) == (-5, first, None)
    assert (replied.reply_to, replied.thread) == (second, None)
    assert replied.text.startswith(FROM_TIDES)
    assert commanded.text.startswith(FROM_CROWS)
    assert bot.held.heard == [CROWS, TIDES, CROWS]


@pytest.mark.parametrize("text", ["@emulated_bot", "/ask", "/ask@emulated_bot"])
async def test_a_bare_mention_in_reply_asks_somebody_elses_question(
    emulator: Emulator, tmp_path: Path, text: str
) -> None:
    async with serving(emulator, tmp_path):
        emulator.say_in(group(-5), 7, CROWS)
        emulator.say_in(group(-5), 8, text, reply_to=emulator.last_message_id)
        (answer,) = await emulator.sent(1)
        emulator.say_in(group(-5), 8, text)
        _, asked_back = await emulator.sent(2)
    assert answer.text.startswith(FROM_CROWS)
    assert asked_back.text == "What would you like to know? Ask it in a few words."


async def test_a_topic_is_answered_in_itself(emulator: Emulator, tmp_path: Path) -> None:
    forum = supergroup(-6, forum=True)
    async with serving(emulator, tmp_path, CROWS) as bot:
        thread = emulator.open_topic(forum, 7, "Birds")
        emulator.say_in(forum, 7, "Hello all", thread=thread)
        emulator.say_in(forum, 7, CROWS, thread=thread, mention=True)
        await emulator.called("sendChatAction")
        bot.held.go.set()
        (answer,) = await emulator.sent(1)
        emulator.say_in(forum, 8, TIDES, reply_to=answer.message_id)
        await emulator.sent(2)
        emulator.say_in(forum, 8, "/sources", thread=thread)
        await emulator.sent(3)
        emulator.say_in(forum, 8, CROWS, mention=True)
        messages = await emulator.sent(4)
    assert emulator.actions == [(-6, "typing", thread)]
    assert [message.thread for message in messages] == [thread, thread, thread, None]


async def test_comments_under_a_post_are_answered_and_the_post_is_not(
    emulator: Emulator, tmp_path: Path
) -> None:
    news, discussion = channel(-7), supergroup(-8)
    emulator.chats.linked[-7] = discussion
    async with serving(emulator, tmp_path):
        emulator.post(news, f"@{emulator.username} {CROWS}")
        post = emulator.last_message_id
        emulator.say_in(discussion, 7, "Nice post", reply_to=post)
        emulator.say_in(discussion, 7, TIDES, reply_to=post, mention=True)
        (answer,) = await emulator.sent(1)
        emulator.say_in(discussion, 8, CROWS, reply_to=answer.message_id)
        messages = await emulator.sent(2)
    assert [message.chat_id for message in messages] == [-8, -8]
    assert [message.text[:5] for message in messages] == ["The m", "Crows"]
    assert [message.thread for message in messages] == [None, None]


async def test_posts_that_mention_the_bot_are_answered_where_that_is_set(
    emulator: Emulator, tmp_path: Path
) -> None:
    emulator.chats.linked[-7] = supergroup(-8)
    async with serving(emulator, tmp_path, channel_posts=True):
        emulator.post(channel(-7), CROWS)
        emulator.post(channel(-7), f"@{emulator.username} {TIDES}")
        messages = await emulator.sent(2)
        emulator.post(channel(-9), f"/ask {CROWS}")
        messages = await emulator.sent(3)
    assert sorted(message.chat_id for message in messages) == [-9, -8, -7]
    assert messages[2].text.startswith(FROM_CROWS)


async def test_who_hides_behind_the_group_is_answered(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        emulator.say_anonymously(group(-5), CROWS)
        emulator.say_anonymously(group(-5), f"@{emulator.username} {CROWS}")
        await emulator.sent(1)
        emulator.say_anonymously(group(-5), f"/ask {TIDES}")
        messages = await emulator.sent(2)
    assert [message.text[:5] for message in messages] == ["Crows", "The m"]


async def test_forwards_and_other_bots_are_ignored(emulator: Emulator, tmp_path: Path) -> None:
    robot = {"id": 55, "is_bot": True, "first_name": "Robot"}
    origin = {"type": "user", "date": 1, "sender_user": person(9)}
    ignored: list[dict[str, Any]]
    ignored = [{"forward_origin": origin}, {"via_bot": robot}, {"from": robot}]
    text = f"@{emulator.username} {CROWS}"
    async with serving(emulator, tmp_path) as bot:
        for fields in ignored:
            emulator.say_in(group(-5), 7, text, **fields)
            emulator.say(7, CROWS, **fields)
        emulator.say(7, TIDES)
        await emulator.sent(1)
    assert bot.held.heard == [TIDES]


async def test_each_member_is_answered_in_the_language_of_theirs(
    emulator: Emulator, tmp_path: Path
) -> None:
    def by(user: int, code: str) -> dict[str, Any]:
        return {"from": person(user, language_code=code)}

    async with serving(emulator, tmp_path):
        for number, code in enumerate(("de", "uk", "en", "tlh"), start=7):
            emulator.say_in(group(-5), number, CROWS, mention=True, **by(number, code))
            await emulator.sent(number - 6)
        emulator.say(7, "/language", **by(7, "de"))
        *_, choice = await emulator.sent(5)
        emulator.press_button(choice, "English")
        await emulator.answered(1)
        emulator.say_in(group(-5), 7, CROWS, mention=True, **by(7, "de"))
        messages = await emulator.sent(6)
    dates = [message.text.partition("· ")[2].partition(" · ")[0] for message in messages]
    german, ukrainian, english = (
        LANGUAGES[code].date(dt.date(2024, 5, 3)) for code in ("de", "uk", "en")
    )
    assert dates[:4] == [german, ukrainian, english, english]
    assert dates[5] == english


async def test_a_private_conversation_does_not_leak_into_a_group(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path):
        emulator.say(7, CROWS)
        await emulator.sent(1)
        emulator.say_in(group(-5), 7, "And who?", mention=True)
        _, message = await emulator.sent(2)
    assert message.chat_id == -5
    assert "faces" not in message.text.partition("Closest")[0]


async def test_a_crowded_group_is_passed_over_and_other_chats_are_not(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.telegram.handlers")
    async with serving(emulator, tmp_path, rates=Rates(chat_per_s=3)):
        for number in range(1, 200):
            emulator.say_in(group(-5), number, CROWS, mention=True)
            await asyncio.sleep(0.03)
            if "passed over" in caplog.text:
                break
        emulator.say(7, TIDES)
        await emulator.until(lambda: any(one.chat_id == 7 for one in emulator.messages))
        # So that the test does not wait for the others.
        before = len(emulator.calls)
        emulator.flood(-5, 3600)
        await emulator.until(
            lambda: any(call.params.get("chat_id") == "-5" for call in emulator.calls[before:])
        )
    assert "a chat has 20 messages waiting; a question is passed over" in caplog.text
    assert len([one for one in emulator.messages if one.chat_id == -5]) < 20


async def test_a_group_that_became_a_supergroup_meanwhile_is_answered_there(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(emulator, tmp_path, CROWS) as bot:
        emulator.say_in(group(-5), 7, CROWS, mention=True)
        await emulator.called("sendChatAction")
        emulator.migrate(group(-5), supergroup(-55))
        bot.held.go.set()
        (first,) = await emulator.sent(1)
        emulator.say_in(supergroup(-55), 7, TIDES, mention=True)
        _, second = await emulator.sent(2)
    assert (first.chat_id, first.reply_to) == (-55, None)
    assert (second.chat_id, second.reply_to) == (-55, emulator.last_message_id)
    assert warnings(caplog) == []


async def test_an_edit_in_a_group_that_became_a_supergroup_is_harmless(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(emulator, tmp_path):
        emulator.say_in(group(-5), 7, CROWS, mention=True)
        (answer,) = await emulator.sent(1)
        asked = emulator.last_message_id
        emulator.migrate(group(-5), supergroup(-55))
        emulator.edit(-5, asked, f"@{emulator.username} {TIDES}")
        await emulator.called("editMessageText")
        emulator.press_button(answer, "Why this?", 7)
        await emulator.called("editMessageText", 2)
        await emulator.answered(1)
    assert len(answer.history) == 1
    assert warnings(caplog) == []


@pytest.mark.parametrize(
    "error",
    [
        ApiError(400, "Bad Request: message thread not found"),
        ApiError(400, "Bad Request: TOPIC_CLOSED"),
        ApiError(400, "Bad Request: TOPIC_DELETED"),
        ApiError(400, "Bad Request: chat not found"),
        ApiError(400, "Bad Request: CHAT_WRITE_FORBIDDEN"),
        ApiError(400, "Bad Request: not enough rights to send text messages to the chat"),
        ApiError(400, "Bad Request: have no rights to send a message"),
        ApiError(403, "Forbidden: bot was kicked from the supergroup chat"),
        ApiError(403, "Forbidden: bot is not a member of the supergroup chat"),
    ],
    ids=lambda error: error.description,
)
async def test_where_the_bot_may_not_write_it_is_silent(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture, error: ApiError
) -> None:
    emulator.fail("sendMessage", Fault(error))
    async with serving(emulator, tmp_path):
        emulator.say_in(supergroup(-6), 7, CROWS, mention=True)
        await emulator.called("sendMessage")
        emulator.say(7, TIDES)
        await emulator.sent(1)
    assert emulator.messages[0].chat_id == 7
    assert warnings(caplog) == []


async def test_a_message_that_telegram_refuses_is_sent_plain(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.fail("sendMessage", Fault(ApiError(400, "Bad Request: BUTTON_URL_INVALID")))
    async with serving(emulator, tmp_path):
        emulator.say(7, CROWS)
        (answer,) = await emulator.sent(1)
    assert answer.text.startswith("Crows recognise human faces.")
    assert not answer.entities
    assert not answer.buttons
    assert warnings(caplog) == ["a message is refused and sent again as plain text"]


async def test_a_message_that_telegram_refuses_altogether_is_logged(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    too_long = Fault(ApiError(400, "Bad Request: message is too long"))
    emulator.fail("sendMessage", too_long, too_long)
    async with serving(emulator, tmp_path):
        emulator.say(7, CROWS)
        await emulator.called("sendMessage", 2)
        emulator.say(7, TIDES)
        (answer,) = await emulator.sent(1)
    assert answer.text.startswith(FROM_TIDES)
    assert warnings(caplog)[-1] == "a message could not be sent: Message is too long"


async def test_thanks_in_a_group_get_a_reaction_and_words_where_it_allows_none(
    emulator: Emulator, tmp_path: Path
) -> None:
    emulator.chats.no_reactions.add(-200)
    async with serving(emulator, tmp_path):
        emulator.say_in(supergroup(-100), 7, "thank you!", mention=True)
        thanks = emulator.last_message_id
        emulator.say_in(supergroup(-200), 7, "thank you!", mention=True)
        emulator.say(8, "thank you!")
        words = await emulator.sent(2)
        await emulator.until(lambda: not emulator.pending)
    assert emulator.posts.reactions == [(-100, thanks, "❤")]
    assert {one.chat_id for one in words} == {-200, 8}
    assert {one.text.partition("!")[0] for one in words} == {"You are welcome"}
