"""Whether a message is addressed to the bot, and what it asks: no network, raw JSON as it comes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Message, User

from bot.records import ChatPlace
from bot.telegram.addressing import is_human, place_of, question_in, quoted_question

from .emulation.chats import ANONYMOUS, TELEGRAM
from .emulation.texts import typed
from .emulator import Emulator, channel, group, person, private, supergroup, units

ME = User.de_json(Emulator().me(), None)
BOT = Emulator().me()
OTHER_BOT = {"id": 55, "is_bot": True, "first_name": "Robot", "username": "emulated_bot2"}
GROUP, FORUM, CHANNEL = group(-5), supergroup(-6, forum=True), channel(-7)


def message(text: str | None = None, **fields: Any) -> Message:  # noqa: ANN401
    """Make a message of user 7 in a group, with the entities that Telegram would find."""
    raw: dict[str, Any] = {"message_id": 10, "date": 1, "chat": GROUP, "from": person(7)}
    if text is not None:
        raw["text"] = text
    if text is not None and "entities" not in fields:
        raw["entities"] = typed(text)
    return Message.de_json({**raw, **fields}, None)


def wrote(author: dict[str, Any], text: str | None = None, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """Make a message that others reply to."""
    raw = {"message_id": 9, "date": 1, "chat": GROUP, "from": author, "text": text, **fields}
    return {name: value for name, value in raw.items() if value is not None}


def question(said: Message, *, channel_posts: bool = False) -> str | None:
    asked = question_in(said, ME, channel_posts=channel_posts)
    return asked.question if asked else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@emulated_bot what is a corvid?", "what is a corvid?"),
        ("@Emulated_BOT, what?", "what?"),
        ("@emulated_bot: what?", "what?"),
        ("@emulated_bot\nwhat?", "what?"),
        ("tell me @emulated_bot what?", "tell me   what?"),
        ("what is a corvid, @emulated_bot", "what is a corvid"),
        ("🐦‍⬛😀 @emulated_bot crows 😀?", "🐦‍⬛😀   crows 😀?"),
        ("@emulated_bot and @emulated_bot", "and"),
        ("@emulated_bot and @emulated_bot2?", "and @emulated_bot2?"),
        ("@emulated_bot", ""),
        ("/ask@emulated_bot what?", "what?"),
        ("/ASK what?", "what?"),
        ("/ask", ""),
        ("/ask@emulated_bot2 what?", None),
        ("/asking what?", None),
        ("/help", None),
        ("/help @emulated_bot", None),
        ("what is a corvid?", None),
        ("@emulated_bot2 what?", None),
        ("mail me@emulated_bot.org", None),
        ("emulated_bot what?", None),
        ("", None),
    ],
)
def test_in_a_group_a_mention_or_ask_addresses_the_bot(text: str, expected: str | None) -> None:
    assert question(message(text)) == expected


def test_a_mention_is_an_entity_and_no_part_of_a_text() -> None:
    assert question(message("@emulated_bot what?", entities=[])) is None
    code = [{"type": "code", "offset": 0, "length": 13}]
    assert question(message("@emulated_bot what?", entities=code)) is None


def test_a_text_mention_addresses_the_bot_that_it_names() -> None:
    named = {"type": "text_mention", "offset": 0, "length": 3}
    assert question(message("Bot why?", entities=[{**named, "user": BOT}])) == "why?"
    assert question(message("Bot why?", entities=[{**named, "user": OTHER_BOT}])) is None
    assert question(message("Bot why?", entities=[named])) is None


def test_captions_ask_as_texts_do() -> None:
    caption = "@emulated_bot what?"
    fields: dict[str, Any] = {"caption": caption, "caption_entities": typed(caption)}
    assert question(message(**fields)) == "what?"
    assert question(message(caption="What?")) is None
    assert question(message(caption="What?", chat=private(7))) == "What?"
    asking: dict[str, Any] = {"caption": "/ask what?", "caption_entities": typed("/ask what?")}
    assert question(message(**asking)) == "what?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What is a corvid?", "What is a corvid?"),
        ("- why?", "- why?"),
        ("@emulated_bot what?", "what?"),
        ("Who is @somebody?", "Who is @somebody?"),
    ],
)
def test_in_a_private_chat_every_text_asks(text: str, expected: str) -> None:
    assert question(message(text, chat=private(7))) == expected


def test_in_a_topic_the_reply_to_its_first_message_is_none() -> None:
    topic = {"chat": FORUM, "message_thread_id": 4, "is_topic_message": True}
    made = {"name": "Topic", "icon_color": 7322096}
    first = wrote(BOT, None, message_id=4, chat=FORUM, forum_topic_created=made)
    assert question(message("Hello all", reply_to_message=first, **topic)) is None
    mentioned = message("@emulated_bot", reply_to_message=first, **topic)
    assert question(mentioned) == ""
    answer = wrote(BOT, "Crows.", message_id=9, chat=FORUM)
    assert question(message("And why?", reply_to_message=answer, **topic)) == "And why?"


def test_outside_of_forums_a_reply_to_the_first_message_of_a_thread_is_one() -> None:
    answer = wrote(BOT, "Crows.", message_id=9, chat=supergroup(-6))
    thread = {"chat": supergroup(-6), "message_thread_id": 9}
    asked = question_in(message("And why?", reply_to_message=answer, **thread), ME)
    assert asked is not None
    assert asked.question == "And why?"
    assert asked.place == ChatPlace(-6, None, 7)


@pytest.mark.parametrize("text", ["@emulated_bot", " @emulated_bot: ", "/ask"])
def test_a_bare_mention_in_reply_asks_what_it_replies_to(text: str) -> None:
    theirs = wrote(person(8), "What is a corvid?")
    assert question(message(text, reply_to_message=theirs)) == "What is a corvid?"
    captioned = wrote(person(8), caption="What bird?")
    assert question(message(text, reply_to_message=captioned)) == "What bird?"
    assert question(message(text, reply_to_message=wrote(person(8)))) == ""
    assert question(message(text, reply_to_message=wrote(BOT, "Crows."))) == ""
    assert question(message(text)) == ""


def test_what_is_said_beside_the_mention_goes_before_what_is_replied_to() -> None:
    theirs = wrote(person(8), "What is a corvid?")
    assert question(message("@emulated_bot why?", reply_to_message=theirs)) == "why?"


def test_a_quote_goes_before_the_whole_message_that_it_is_of() -> None:
    theirs = wrote(person(8), "What is a corvid? What is bread?")
    quote = {"text": "What is bread?", "position": 18}
    said = message("@emulated_bot", reply_to_message=theirs, quote=quote)
    assert question(said) == quoted_question(said, ME) == "What is bread?"
    elsewhere = message("@emulated_bot", quote=quote)
    assert question(elsewhere) == "What is bread?"
    own = message("@emulated_bot", reply_to_message=wrote(BOT, "Crows. Bread."), quote=quote)
    assert question(own) == ""


@pytest.mark.parametrize("chat", [GROUP, private(7)])
def test_forwards_and_what_bots_write_ask_nothing(chat: dict[str, Any]) -> None:
    text = "@emulated_bot what?"
    origin = {"type": "hidden_user", "date": 1, "sender_user_name": "X"}
    assert question(message(text, chat=chat)) == "what?"
    assert question(message(text, chat=chat, forward_origin=origin)) is None
    assert question(message(text, chat=chat, via_bot=OTHER_BOT)) is None
    assert question(message(text, chat=chat, via_bot=BOT)) is None
    assert question(message(text, chat=chat, **{"from": OTHER_BOT})) is None
    assert question(message(text, chat=chat, **{"from": BOT})) is None
    assert question(message(text, chat=chat, **{"from": None})) is None


def test_who_hides_behind_a_chat_is_human_and_has_a_conversation_as_that_chat() -> None:
    hidden = message("@emulated_bot what?", sender_chat=GROUP, **{"from": ANONYMOUS})
    assert is_human(hidden)
    assert place_of(hidden) == ChatPlace(-5, None, -5)
    as_channel = {"id": 136817688, "is_bot": True, "first_name": "Channel"}
    named = message("@emulated_bot what?", sender_chat=CHANNEL, **{"from": as_channel})
    assert question(named) == "what?"
    assert place_of(named) == ChatPlace(-5, None, -7)


def test_posts_of_channels_ask_only_where_that_is_set_and_they_mention_the_bot() -> None:
    post = {"chat": CHANNEL, "sender_chat": CHANNEL, "from": None}
    forward = {"sender_chat": CHANNEL, "from": TELEGRAM, "is_automatic_forward": True}
    origin = {"type": "channel", "chat": CHANNEL, "message_id": 3, "date": 1}
    for fields in (post, forward, {**forward, "forward_origin": origin}):
        said = message("@emulated_bot what?", **fields)
        assert question(said) is None
        assert question(said, channel_posts=True) == "what?"
        assert question(message("What?", **fields), channel_posts=True) is None


def test_a_question_knows_its_topic_its_message_and_the_language_of_the_asker() -> None:
    topic = {"chat": FORUM, "message_thread_id": 4, "is_topic_message": True}
    asker = person(7, language_code="uk")
    asked = question_in(message("@emulated_bot why?", **topic, **{"from": asker}), ME)
    assert asked is not None
    assert asked.place == ChatPlace(-6, 4, 7)
    assert (asked.message_id, asked.language) == (10, "uk")
    hidden = question_in(
        message("@emulated_bot why?", sender_chat=GROUP, **{"from": ANONYMOUS}), ME
    )
    assert hidden is not None
    assert hidden.language is None


def test_half_a_surrogate_pair_hides_no_mention() -> None:
    mention = {"type": "mention", "offset": 2, "length": 13}
    assert question(message("\ud83d @emulated_bot why?", entities=[mention])) == "�   why?"
    assert question(message("\ud83d", entities=[])) is None


@given(before=st.text(), after=st.text(), offset=st.integers(-5, 40), length=st.integers(-5, 40))
def test_any_text_with_any_entities_is_read(
    before: str, after: str, offset: int, length: int
) -> None:
    text = f"{before}@emulated_bot{after}"
    mention = {"type": "mention", "offset": units(before), "length": 13}
    odd = {"type": "mention", "offset": offset, "length": length}
    found = question(message(text, entities=[mention]))
    assert found is not None
    rest = f"{before} {after}".encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert found in rest
    question(message(text, entities=[odd, {**odd, "type": "bot_command"}, {**odd, "type": "?"}]))
