"""Questions in private chats, from update to reply, over HTTP on loopback."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import pytest

from retrieval.errors import IndexFault

from .bots import (
    CROWS,
    FROM_CROWS,
    FROM_TIDES,
    NEARLY,
    NOTHING,
    TIDES,
    answer_to,
    said,
    serving,
    warnings,
)
from .emulator import ApiError, Emulator, Fault, group, person, private, supergroup

pytestmark = pytest.mark.anyio


async def test_a_question_is_answered_with_quote_and_link_as_a_reply(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path):
        emulator.say(7, f"  {CROWS}\n ")
        (message,) = await emulator.sent(1)
    assert message.text.startswith("Crows recognise human faces. They hold grudges for years.\n[1]")
    assert "[1] On crows · May 3, 2024 · paragraph 2" in message.text
    assert message.chat_id == 7
    assert message.parts("bold")[0] == FROM_CROWS
    assert message.parts("text_link")[0] == "On crows"
    assert message.reply_to == emulator.last_message_id
    assert message.params["link_preview_options"] == {"is_disabled": True}
    assert "parse_mode" not in message.params
    assert message.detected == ()


async def test_no_answer_is_said(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        emulator.say(7, NOTHING)
        (message,) = await emulator.sent(1)
    assert message.text.startswith("The articles do not answer this.")


async def test_several_questions_are_answered_in_one_message(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path):
        emulator.say(7, f"{CROWS} {TIDES} {NEARLY}")
        emulator.say(7, "And why?")
        message, follow_up = await emulator.sent(2)
        emulator.say(8, f"{CROWS} {TIDES}")
        emulator.say(8, "more")
        *_, more = await emulator.sent(4)
    assert message.parts("bold")[:4] == [f"1. {CROWS}", FROM_CROWS, f"2. {TIDES}", FROM_TIDES]
    assert "3. " in message.text
    assert "The articles do not answer this.\nClosest, but not an answer:" in message.text
    assert [message.text.count(f"[{number}] ") for number in (1, 2, 3)] == [1, 1, 1]
    assert message.labels == ["👍", "👎"]
    assert follow_up.text.startswith("Understood as: Why do ravens sleep in Zanzibar?")
    # It is said with which of the two it goes on, and numbers go on behind both.
    assert more.text.startswith(f"“{TIDES}”\n\n")
    assert re.findall(r"^\[\d+\]", more.text, re.MULTILINE)[0] == "[3]"


async def test_links_and_mentions_of_articles_come_out_as_data(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path):
        emulator.say(7, "See evil example somebody tags start?")
        (message,) = await emulator.sent(1)
    plain = message.text.replace("\u2060", "")
    assert "See http://evil.example, @somebody and #tags /start." in plain
    assert "[1] @everyone links" in plain
    types = {entity["type"] for entity in message.entities}
    assert types <= {"blockquote", "bold", "text_link", "italic"}
    assert message.detected == ()


async def test_the_question_may_be_deleted_meanwhile(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path, CROWS) as bot:
        emulator.say(7, CROWS)
        await emulator.called("sendChatAction")
        emulator.forget(7, emulator.last_message_id)
        bot.held.go.set()
        (message,) = await emulator.sent(1)
    assert message.reply_to is None


async def test_a_message_that_comes_as_two_updates_is_answered_once(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path):
        emulator.say(7, CROWS)
        await emulator.sent(1)
        emulator.push("message", **emulator.chats.written[7, emulator.last_message_id])
        emulator.say(7, TIDES)
        messages = await emulator.sent(2)
    assert [message.text[:5] for message in messages] == ["Crows", "The m"]


# What goes wrong on the way


async def test_an_answer_survives_that_typing_cannot_be_shown(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.fail("sendChatAction", Fault(ApiError(500, "Internal Server Error")))
    async with serving(emulator, tmp_path, CROWS) as bot:
        emulator.say(7, CROWS)
        await emulator.called("sendChatAction")
        bot.held.go.set()
        await emulator.sent(1)
    assert warnings(caplog) == []


@pytest.mark.parametrize(
    "fault",
    [Fault(ApiError(500, "Internal Server Error")), Fault(drop=True), Fault(delay_s=0.2)],
    ids=["error", "drop", "delay"],
)
async def test_an_answer_survives_a_passing_fault(
    emulator: Emulator, tmp_path: Path, fault: Fault
) -> None:
    emulator.fail("sendMessage", fault)
    async with serving(emulator, tmp_path):
        emulator.say(7, CROWS)
        (message,) = await emulator.sent(1)
    assert message.text.startswith(FROM_CROWS)


@pytest.mark.parametrize("chat", [private(7), group(-5)], ids=["private", "group"])
async def test_flood_control_is_waited_for_in_its_own_chat_only(
    emulator: Emulator, tmp_path: Path, chat: dict[str, Any]
) -> None:
    emulator.flood(chat["id"], 1)
    async with serving(emulator, tmp_path):
        emulator.say_in(chat, 7, CROWS, mention=True)
        await emulator.called("sendMessage")
        emulator.say(8, TIDES)
        emulator.say_in(group(-6), 7, TIDES, mention=True)
        *free, flooded = await emulator.sent(3)
    assert {message.chat_id for message in free} == {8, -6}
    assert flooded.chat_id == chat["id"]


async def test_a_long_flood_control_is_not_waited_for(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.flood(7, 3600)
    async with serving(emulator, tmp_path):
        emulator.say(7, CROWS)
        await emulator.called("sendMessage")
        emulator.say(8, TIDES)
        await emulator.sent(1)
    assert "a message could not be sent" in caplog.text
    assert CROWS not in caplog.text


async def test_who_blocked_the_bot_is_left_alone(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.blocked.add(7)
    async with serving(emulator, tmp_path):
        emulator.say(7, CROWS)
        await emulator.called("sendMessage")
        emulator.say(8, CROWS)
        await emulator.sent(1)
    assert len(emulator.messages) == 1
    assert warnings(caplog) == []


async def test_an_error_is_logged_and_the_asker_gets_one_neutral_sentence(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(emulator, tmp_path) as bot:
        bot.held.broken = ("The secret of the house?",)
        emulator.say(7, "The secret of the house?")
        await emulator.sent(1)
        emulator.say(7, CROWS)
        sorry, then = await emulator.sent(2)
    assert sorry.text.startswith("Something went wrong here, and your question is not answered.")
    assert "secret" not in sorry.text
    assert then.text.startswith(FROM_CROWS)
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.getMessage() == "an update could not be handled"


# Order and limits


async def test_the_slow_questions_of_one_do_not_hold_up_another(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path, "Slow?") as bot:
        for _ in range(4):
            emulator.say(7, "Slow?")
        await emulator.called("sendChatAction")
        emulator.say(8, CROWS)
        (quick,) = await emulator.sent(1)
        bot.held.go.set()
        messages = await emulator.sent(5)
    assert quick.chat_id == 8
    assert [message.chat_id for message in messages[1:]] == [7] * 4


async def test_a_chat_is_answered_in_the_order_of_its_questions(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path, CROWS) as bot:
        emulator.say(7, CROWS)
        emulator.say(7, TIDES)
        await emulator.called("sendChatAction")
        assert bot.held.heard == [CROWS]
        bot.held.go.set()
        first, second = await emulator.sent(2)
    assert first.text.startswith(FROM_CROWS)
    assert second.text.startswith(FROM_TIDES)


async def test_question_edit_and_press_of_one_keep_their_order(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path, "Slow?") as bot:
        emulator.say(7, CROWS)
        (answer,) = await emulator.sent(1)
        asked = emulator.last_message_id
        emulator.say(7, "Slow?")
        await emulator.called("sendChatAction")
        emulator.edit(7, asked, TIDES)
        emulator.press_button(answer, "Why this?")
        emulator.say(7, "And why?")
        assert not emulator.posts.edits
        assert not emulator.answers
        bot.held.go.set()
        messages = await emulator.sent(3)
    # The press finds the answer to what the question had become before it.
    assert answer.history[1].text.startswith(FROM_TIDES)
    assert "[1] Tides" in answer.history[2].text
    assert bot.held.heard == [CROWS, "Slow?", TIDES, "And why?"]
    assert messages[2].text.startswith("Understood as: ")


async def test_who_asks_more_than_may_wait_is_told_so(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path, "1?") as bot:
        for number in range(1, 7):
            emulator.say(7, f"{number}?")
        refused = await emulator.sent(2)
        emulator.say(8, CROWS)
        await emulator.sent(3)
        bot.held.go.set()
        await emulator.sent(7)
        emulator.say(7, TIDES)
        await emulator.sent(8)
    assert {busy.text for busy in refused} == {
        "I am still busy with your earlier questions. Please ask again when they are answered."
    }
    assert [asked for asked in bot.held.heard if asked != CROWS] == ["1?", "2?", "3?", "4?", TIDES]


async def test_who_asks_too_often_is_told_each_time_when_to_ask_again_and_others_are_free(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path, questions_per_minute=1):
        await said(emulator, 7, CROWS)
        refused = [await said(emulator, 7, CROWS) for _ in range(2)]
        answered = await said(emulator, 8, TIDES)
    for refusal in refused:
        assert re.fullmatch(
            r"That was a lot within a minute\. Please ask again in [1-6]?\d seconds\.", refusal.text
        )
    assert answered.text.startswith(FROM_TIDES)


async def test_a_group_is_told_once_and_then_sees_a_reaction_if_it_allows_one(
    emulator: Emulator, tmp_path: Path
) -> None:
    emulator.chats.no_reactions.add(-200)
    async with serving(emulator, tmp_path, questions_per_minute=1):
        for chat in (supergroup(-100), supergroup(-200)):
            for _ in range(3):
                emulator.say_in(chat, 7 - chat["id"], CROWS, mention=True)
        await emulator.called("setMessageReaction", 2)
        messages = await emulator.sent(4)
    assert [one.chat_id for one in messages].count(-100) == 2
    assert sum(one.text.startswith("That was a lot within a minute.") for one in messages) == 2
    assert [(chat, emoji) for chat, _, emoji in emulator.posts.reactions] == [(-100, "😴")]


async def test_help_privacy_and_forgetme_have_no_limit(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path, questions_per_minute=1):
        await said(emulator, 7, CROWS)
        for _ in range(2):
            for command in ("/help", "/privacy", "/forgetme"):
                reply = await said(emulator, 7, command)
                assert "Please ask again" not in reply.text
        assert "Please ask again" in (await said(emulator, 7, "/sources")).text


async def test_a_question_that_cannot_be_asked_is_explained(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(emulator, tmp_path, max_question_chars=10) as bot:
        emulator.say(7, "Elevenchars")
        first = emulator.last_message_id
        emulator.say(7, "\u200b\u2060\u202e")
        long, empty = await emulator.sent(2)
    assert long.text.startswith("Your question has 11 characters, and I read up to 10.")
    assert (long.reply_to, empty.reply_to) == (first, emulator.last_message_id)
    assert empty.text == "What would you like to know? Ask it in a few words."
    assert bot.held.heard == []
    assert warnings(caplog) == []


# Who may ask


async def test_a_stranger_is_told_once_and_the_listed_are_answered(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path, users=[7], administrators=[9]) as bot:
        for text in (CROWS, "/help", TIDES):
            emulator.say(8, text)
        emulator.push("message", chat=private(8), **{"from": person(8)}, photo=[])
        (told,) = await emulator.sent(1)
        emulator.say(7, CROWS)
        await emulator.sent(2)
        emulator.say(9, TIDES)
        messages = await emulator.sent(3)
    assert "answers only people whom its operator has listed" in told.text
    assert "this is your Telegram ID: 8" in told.text
    assert [message.chat_id for message in messages] == [8, 7, 9]
    assert bot.held.heard == [CROWS, TIDES]


async def test_in_groups_that_are_not_listed_strangers_meet_silence(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path, users=[7], chats=[-5]):
        emulator.say_in(group(-6), 8, CROWS, mention=True)
        emulator.say_anonymously(group(-6), f"@{emulator.username} {CROWS}")
        emulator.say_in(group(-6), 8, "/help")
        emulator.say_in(group(-6), 7, CROWS, mention=True)
        emulator.say_in(group(-5), 8, CROWS, mention=True)
        emulator.say_anonymously(group(-5), f"@{emulator.username} {TIDES}")
        messages = await emulator.sent(3)
    assert sorted(message.chat_id for message in messages) == [-6, -5, -5]
    assert all("number" not in message.text for message in messages)


# Other than text


def _photo() -> dict[str, Any]:
    return {"photo": [{"file_id": "f", "file_unique_id": "u", "width": 9, "height": 9}]}


async def test_an_album_is_answered_once(emulator: Emulator, tmp_path: Path) -> None:
    def album(name: str, *captions: str | None) -> None:
        for caption in captions:
            fields = {"caption": caption} if caption else {}
            emulator.push(
                "message",
                chat=private(7),
                media_group_id=name,
                **{"from": person(7)},
                **_photo(),
                **fields,
            )

    async with serving(emulator, tmp_path):
        album("one", None, None, None)
        album("two", CROWS, None, None)
        await emulator.sent(2)
        emulator.say(7, TIDES)
        messages = await emulator.sent(3)
    assert [message.text[:6] for message in messages] == ["I read", "Crows ", "The mo"]
    assert messages[0].reply_to is not None


async def test_while_the_index_is_out_of_reach_the_reader_is_told_to_ask_again_soon(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path) as bot:
        answer = await said(emulator, 7, CROWS)
        bot.held.broken, bot.held.fault = (CROWS,), IndexFault
        reply = await said(emulator, 7, CROWS)
        query = emulator.press_button(answer, "Context")
        toast = (await answer_to(emulator, query)).text
        assert (await said(emulator, 7, TIDES)).text.startswith(FROM_TIDES)
    assert reply.text.startswith("I cannot reach the articles at the moment.")
    assert toast == reply.text
