"""Edited questions: the answer follows them, in the message that it stands in."""

from __future__ import annotations

from pathlib import Path

import pytest

from .bots import CROWS, FROM_CROWS, FROM_TIDES, TIDES, serving, warnings
from .emulator import ApiError, Emulator, Fault, group, private

pytestmark = pytest.mark.anyio


async def test_an_edited_question_edits_its_answer(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        emulator.say(7, CROWS)
        await emulator.sent(1)
        emulator.edit(7, emulator.last_message_id, TIDES)
        (answer,) = await emulator.edited(1)
        assert answer.text.startswith(FROM_TIDES)
        emulator.press_button(answer, "Why this?")
        await emulator.edited(2)
    assert len(emulator.messages) == 1
    assert "[1] Tides" in answer.text


async def test_an_edit_that_changes_nothing_that_is_asked_does_nothing(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path) as bot:
        emulator.say(7, CROWS)
        await emulator.sent(1)
        emulator.edit(7, emulator.last_message_id, CROWS)
        emulator.edit(7, emulator.last_message_id, f"  {CROWS}\n")
        emulator.say(7, TIDES)
        await emulator.sent(2)
    assert not emulator.posts.edits
    assert bot.held.heard == [CROWS, TIDES]


async def test_a_question_edited_while_its_answer_is_computed_gets_the_answer_to_the_edit(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path, CROWS) as bot:
        emulator.say(7, CROWS)
        await emulator.called("sendChatAction")
        emulator.edit(7, emulator.last_message_id, TIDES)
        bot.held.go.set()
        (answer,) = await emulator.edited(1)
    assert answer.text.startswith(FROM_TIDES)
    assert len(emulator.messages) == 1


async def test_a_mention_that_is_added_later_asks(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        emulator.say_in(group(-5), 7, CROWS)
        asked = emulator.last_message_id
        emulator.edit(-5, asked, f"@{emulator.username} {CROWS}")
        (answer,) = await emulator.sent(1)
        emulator.edit(-5, asked, f"@{emulator.username} {TIDES}")
        await emulator.edited(1)
    assert answer.reply_to == asked
    assert answer.text.startswith(FROM_TIDES)
    assert len(emulator.messages) == 1


async def test_a_mention_that_is_taken_out_leaves_the_answer(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path):
        emulator.say_in(group(-5), 7, CROWS, mention=True)
        await emulator.sent(1)
        emulator.edit(-5, emulator.last_message_id, TIDES)
        emulator.say_in(group(-5), 8, TIDES, mention=True)
        await emulator.sent(2)
    assert not emulator.posts.edits


async def test_an_answer_that_was_deleted_stays_so(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(emulator, tmp_path):
        emulator.say(7, CROWS)
        (answer,) = await emulator.sent(1)
        emulator.forget(7, answer.message_id)
        emulator.edit(7, emulator.last_message_id, TIDES)
        await emulator.called("editMessageText")
        emulator.say(8, CROWS)
        await emulator.sent(2)
    assert answer.text.startswith(FROM_CROWS)
    assert warnings(caplog) == []


@pytest.mark.parametrize("text", ["@emulated_bot", "\u200b", "/help", "/new"])
async def test_a_question_edited_into_none_leaves_the_answer(
    emulator: Emulator, tmp_path: Path, text: str
) -> None:
    async with serving(emulator, tmp_path) as bot:
        emulator.say(7, CROWS)
        await emulator.sent(1)
        emulator.edit(7, emulator.last_message_id, text)
        emulator.say(7, TIDES)
        messages = await emulator.sent(2)
    assert [message.text[:5] for message in messages] == ["Crows", "The m"]
    assert not emulator.posts.edits
    assert bot.held.heard == [CROWS, TIDES]


async def test_a_question_edited_into_a_refused_one_keeps_its_answer_and_can_be_edited_back(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path, max_question_chars=40):
        emulator.say(7, CROWS)
        await emulator.sent(1)
        asked = emulator.last_message_id
        emulator.edit(7, asked, CROWS * 2)
        answer, refusal = await emulator.sent(2)
        emulator.edit(7, asked, CROWS)
        emulator.edit(7, asked, TIDES)
        await emulator.edited(1)
    assert refusal.text.startswith("Your question has 60 characters")
    assert [content.text[:5] for content in answer.history] == ["Crows", "The m"]


async def test_a_refused_question_is_answered_when_it_is_edited(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path, max_question_chars=40):
        emulator.say(7, CROWS * 2)
        await emulator.sent(1)
        emulator.edit(7, emulator.last_message_id, CROWS)
        _, answer = await emulator.sent(2)
    assert answer.text.startswith(FROM_CROWS)


@pytest.mark.parametrize("chat", [private(7), group(-5)], ids=["private", "group"])
async def test_an_edited_ask_edits_its_answer(
    emulator: Emulator, tmp_path: Path, chat: dict[str, object]
) -> None:
    async with serving(emulator, tmp_path):
        emulator.say_in(chat, 7, f"/ask {CROWS}")
        (answer,) = await emulator.sent(1)
        place = (answer.chat_id, emulator.last_message_id)
        emulator.edit(*place, f"/ask@{emulator.username} {TIDES}")
        await emulator.edited(1)
        emulator.edit(*place, f"/ask@another_bot {CROWS}")
        emulator.say(8, CROWS)
        await emulator.sent(2)
    assert [content.text[:5] for content in answer.history] == ["Crows", "The m"]


async def test_votes_on_an_answer_go_when_it_is_edited(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path) as bot:
        emulator.say(7, CROWS)
        (answer,) = await emulator.sent(1)
        emulator.press_button(answer, "👎")
        await emulator.answered(1)
        emulator.edit(7, emulator.last_message_id, TIDES)
        await emulator.edited(1)
        emulator.press_button(answer, "👎")
        _, again = await emulator.answered(2)
    assert again.text == "Thank you, that helps."
    assert bot.held.heard == [CROWS, TIDES]


async def test_an_edit_that_could_not_be_shown_is_shown_after_a_restart(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path):
        emulator.say(7, CROWS)
        (answer,) = await emulator.sent(1)
        emulator.fail("editMessageText", *[Fault(ApiError(502, "Bad Gateway"))] * 3)
        emulator.edit(7, emulator.last_message_id, TIDES)
        await emulator.called("editMessageText", 3)
    assert len(answer.history) == 1
    async with serving(emulator, tmp_path):
        await emulator.edited(1)
    assert answer.text.startswith(FROM_TIDES)
