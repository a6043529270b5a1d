"""Follow-ups: whose earlier questions a question leans on, and when they are forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.records import ChatPlace, State
from bot.telegram.addressing import AskedQuestion
from bot.telegram.replies import Replies

from .bots import CROWS, TIDES, library, serving
from .emulator import Emulator, group, supergroup
from .virtual import Clock

pytestmark = pytest.mark.anyio

FOLLOW_UP = "And who?"
OF_CROWS = "Who can recognise human faces?"
OF_TIDES = "Who: What raises tides twice a day?"


@dataclass
class Talk:
    """Replies without Telegram, and a clock."""

    replies: Replies
    clock: Clock
    asked: int = 0

    def ask(self, question: str, place: ChatPlace = ChatPlace(7, None, 7)) -> str | None:  # noqa: B008
        """Ask, and return what the question was understood as, if it leaned on others."""
        self.asked += 1
        reply = self.replies.question(AskedQuestion(place, self.asked, question, "en"))
        assert reply is not None
        assert reply.answer is not None
        return reply.answer.understood


@pytest.fixture
def talk(emulator: Emulator, tmp_path: Path) -> Iterator[Talk]:
    clock = Clock()
    state = State.open(tmp_path / "state", 1, keep_days=1, conversation_minutes=30, clock=clock)
    yield Talk(Replies(library(tmp_path, emulator), state, "emulated_bot"), clock)
    state.close()


async def test_a_follow_up_leans_on_the_question_before_it(talk: Talk) -> None:
    assert talk.ask(CROWS) is None
    assert talk.ask(FOLLOW_UP) == OF_CROWS
    assert talk.ask(TIDES) is None
    assert talk.ask(FOLLOW_UP) == OF_TIDES


async def test_follow_ups_of_a_follow_up_keep_to_the_subject(talk: Talk) -> None:
    talk.ask(CROWS)
    talk.ask(FOLLOW_UP)
    assert talk.ask("And where?") == "Where: Who can recognise human faces?"


@pytest.mark.parametrize(
    "elsewhere",
    [ChatPlace(-5, None, 8), ChatPlace(-5, 3, 7), ChatPlace(-6, None, 7), ChatPlace(7, None, 7)],
    ids=["another user", "another topic", "another group", "the private chat"],
)
async def test_conversations_are_of_one_user_in_one_topic_of_one_chat(
    talk: Talk, elsewhere: ChatPlace
) -> None:
    here = ChatPlace(-5, None, 7)
    talk.ask(CROWS, here)
    assert talk.ask(FOLLOW_UP, elsewhere) is None
    assert talk.ask(FOLLOW_UP, here) is not None


async def test_a_conversation_ends_after_a_pause(talk: Talk) -> None:
    talk.ask(CROWS)
    talk.clock.now += 30 * 60
    assert talk.ask(FOLLOW_UP) is not None
    talk.clock.now += 30 * 60 + 1
    assert talk.ask(FOLLOW_UP) is None


async def test_a_question_that_is_refused_is_no_part_of_a_conversation(talk: Talk) -> None:
    talk.ask(CROWS)
    refused = talk.replies.question(AskedQuestion(ChatPlace(7, None, 7), 99, "x" * 2000, "en"))
    assert refused is not None
    assert refused.answer is None
    assert talk.ask(FOLLOW_UP) == OF_CROWS


async def test_an_edited_question_leans_on_what_came_before_it(talk: Talk) -> None:
    place = ChatPlace(7, None, 7)
    talk.ask(CROWS)
    talk.ask(TIDES)
    kept = talk.replies.state.answer_to(7, 2)
    assert kept is not None
    talk.replies.state.sent(kept.number, 500)
    edited = talk.replies.edited(AskedQuestion(place, 2, FOLLOW_UP, "en"))
    assert edited is not None
    shown, reply = edited
    assert shown == 500
    assert reply.answer is not None
    assert reply.answer.understood == OF_CROWS
    talk.replies.shown(AskedQuestion(place, 2, FOLLOW_UP, "en"), reply)
    assert talk.ask("Who?") == OF_CROWS
    assert talk.replies.edited(AskedQuestion(place, 2, FOLLOW_UP, "en")) is None


async def test_new_in_one_chat_leaves_the_others_alone(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        emulator.say_in(group(-5), 7, CROWS, mention=True)
        await emulator.sent(1)
        emulator.say(7, "/new")
        await emulator.sent(2)
        emulator.say_in(group(-5), 7, FOLLOW_UP, mention=True)
        messages = await emulator.sent(3)
    assert messages[2].text.startswith("Understood as: ")


async def test_members_of_a_group_have_conversations_of_their_own(
    emulator: Emulator, tmp_path: Path
) -> None:
    forum = supergroup(-6, forum=True)
    async with serving(emulator, tmp_path):
        thread = emulator.open_topic(forum, 7, "Birds")
        emulator.say(7, CROWS)
        await emulator.sent(1)
        emulator.say_in(forum, 7, TIDES, thread=thread, mention=True)
        await emulator.sent(2)
        emulator.say_in(forum, 8, FOLLOW_UP, thread=thread, mention=True)
        emulator.say_in(forum, 7, FOLLOW_UP, mention=True)
        await emulator.sent(4)
        emulator.say(7, FOLLOW_UP)
        *_, private = await emulator.sent(5)
        emulator.say_in(forum, 7, FOLLOW_UP, thread=thread, mention=True)
        *_, topical = await emulator.sent(6)
    others = emulator.messages[2:4]
    assert all("Understood" not in message.text for message in others)
    assert private.text.startswith(f"Understood as: {OF_CROWS}")
    assert topical.text.startswith(f"Understood as: {OF_TIDES}")


async def test_a_conversation_goes_on_after_a_restart(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        emulator.say(7, CROWS)
        await emulator.sent(1)
    async with serving(emulator, tmp_path):
        emulator.say(7, FOLLOW_UP)
        _, message = await emulator.sent(2)
    assert message.text.startswith(f"Understood as: {OF_CROWS}")
