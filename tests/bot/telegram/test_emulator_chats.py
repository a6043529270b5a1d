"""The emulator's chats, messages and queries are as Telegram's."""

from __future__ import annotations

import json

import aiohttp
import pytest

from .emulation.asking import Ask, data, done, keyboard, refused, result, span
from .emulation.texts import typed
from .emulator import Emulator, Json, cut, group, supergroup

pytestmark = pytest.mark.anyio


GROUP, FORUM = supergroup(-100), supergroup(-200, forum=True)


async def test_the_longest_message_and_the_most_buttons_are_taken(
    emulator: Emulator, ask: Ask
) -> None:
    emulator.say(7, "Why?")
    rows = [[data(value="x" * 64)] * 8] * 12
    markup = {"inline_keyboard": rows}
    await done(ask("sendMessage", chat_id=7, text="🐦" * 2_048, reply_markup=markup))
    (message,) = await emulator.sent(1)
    assert len(message.buttons) == 96


async def test_forms_with_json_in_them_are_read(emulator: Emulator) -> None:
    emulator.say(7, "Why?")
    form = {
        "chat_id": "7",
        "text": "Because.",
        "entities": json.dumps(span("bold", 0, 8)),
        "reply_parameters": json.dumps({"message_id": emulator.last_message_id}),
    }
    address = f"{emulator.url}/bot{emulator.token}/sendMessage"
    async with aiohttp.ClientSession() as session:
        async with session.post(address, data=form) as response:
            assert response.status == 200
        async with session.post(address, data={**form, "entities": "["}) as response:
            assert "can't parse entities JSON object" in await response.text()
        async with session.post(address, json=[]) as response:
            assert "an object is expected" in await response.text()
    (message,) = emulator.messages
    assert message.parts("bold") == ["Because."]
    assert message.reply_to == emulator.last_message_id


async def test_an_edit_changes_the_message_and_its_past_is_kept(
    emulator: Emulator, ask: Ask
) -> None:
    emulator.say(7, "Why?")
    markup = keyboard(data())
    sent = await done(ask("sendMessage", chat_id=7, text="One.", reply_markup=markup))
    place = {"chat_id": 7, "message_id": sent["message_id"]}
    same = ask("editMessageText", **place, text="One.", reply_markup=markup)
    await refused(same, 400, "message is not modified: specified new message content")
    edited = await done(ask("editMessageText", **place, text="One."))
    assert "reply_markup" not in edited
    assert "edit_date" in edited
    await done(ask("editMessageText", **place, text="Two.", entities=span("bold", 0, 3)))
    *_, message = await emulator.edited(2)
    assert [content.text for content in message.history] == ["One.", "One.", "Two."]
    assert (message.parts("bold"), message.labels) == (["Two"], [])


async def test_a_deleted_message_cannot_be_edited(emulator: Emulator, ask: Ask) -> None:
    emulator.say(7, "Why?")
    sent = await done(ask("sendMessage", chat_id=7, text="One."))
    place = {"chat_id": 7, "message_id": sent["message_id"]}
    emulator.forget(7, sent["message_id"])
    assert emulator.messages[0].deleted
    await refused(ask("editMessageText", **place, text="Two."), 400, "message to edit not found")
    emulator.press(7, sent["message_id"], "m")
    assert [*emulator.pending][-1]["callback_query"]["message"]["date"] == 0


async def test_who_blocked_or_removed_the_bot_hears_nothing(emulator: Emulator, ask: Ask) -> None:
    emulator.say(7, "Why?")
    emulator.say_in(GROUP, 7, "Why?")
    emulator.blocked.update({7, -100})
    await refused(ask("sendMessage", chat_id=7, text="x"), 403, "bot was blocked by the user")
    await refused(ask("sendMessage", chat_id=-100, text="x"), 403, "bot was kicked from the super")
    await refused(ask("sendChatAction", chat_id=7, action="typing"), 403, "blocked by the user")


async def test_a_migrated_group_names_its_successor(emulator: Emulator, ask: Ask) -> None:
    emulator.migrate(group(-5), GROUP)
    moved = ask("sendMessage", chat_id=-5, text="x")
    assert await refused(moved, 400, "upgraded to a supergroup") == {"migrate_to_chat_id": -100}
    assert (await done(ask("sendMessage", chat_id=-100, text="x")))["chat"] == GROUP


async def test_a_press_is_answered_once(emulator: Emulator, ask: Ask) -> None:
    emulator.say_in(GROUP, 7, "Why?")
    await done(ask("sendMessage", chat_id=-100, text="One.", reply_markup=keyboard(data())))
    query_id = emulator.press_button(emulator.messages[0], "More", 8)
    query = [*emulator.pending][-1]["callback_query"]
    assert (query["data"], query["from"]["id"], query["message"]["text"]) == ("m", 8, "One.")
    answer = {"callback_query_id": query_id}
    long = ask("answerCallbackQuery", **answer, text="x" * 201)
    await refused(long, 400, "MESSAGE_TOO_LONG")
    await done(ask("answerCallbackQuery", **answer, text="x" * 200, show_alert=True))
    await refused(ask("answerCallbackQuery", **answer), 400, "query is too old")
    (answered,) = await emulator.answered()
    assert answered.alert
    emulator.queries.expire(late := emulator.press_button(emulator.messages[0], "More", 8))
    await refused(ask("answerCallbackQuery", callback_query_id=late), 400, "query is too old")
    with pytest.raises(ValueError, match="no button 'Less' among"):
        emulator.press_button(emulator.messages[0], "Less", 8)


async def test_an_inline_query_is_answered_once(emulator: Emulator, ask: Ask) -> None:
    query_id = emulator.inline(7, "Why?", chat_type="supergroup")
    params = {"inline_query_id": query_id, "next_offset": "10"}
    await done(ask("answerInlineQuery", **params, **result(reply_markup=keyboard(data()))))
    await refused(ask("answerInlineQuery", **params, **result()), 400, "query is too old")
    (answer,) = await emulator.answered_inline()
    assert answer.next_offset == "10"


async def test_nobody_asks_inline_where_that_is_off(emulator: Emulator) -> None:
    emulator.inline_mode = False
    with pytest.raises(ValueError, match="inline mode is off"):
        emulator.inline(7, "Why?")


def last(emulator: Emulator) -> Json:
    """Return the last update, without its id."""
    (_, payload) = [*emulator.pending][-1].values()
    assert isinstance(payload, dict)
    return payload


async def test_topics_keep_their_messages_together(emulator: Emulator, ask: Ask) -> None:
    thread = emulator.open_topic(FORUM, 7, "Birds")
    emulator.say_in(FORUM, 7, "Why?", thread=thread, mention=True)
    message = last(emulator)
    assert message["text"] == "@emulated_bot Why?"
    assert (message["message_thread_id"], message["is_topic_message"]) == (thread, True)
    assert message["reply_to_message"]["message_id"] == thread
    sent = await done(ask("sendMessage", chat_id=-200, text="One.", message_thread_id=thread))
    assert sent["is_topic_message"]
    # Telegram puts a reply where the message is.
    reply = {"message_id": sent["message_id"]}
    await done(ask("sendMessage", chat_id=-200, text="Two.", reply_parameters=reply))
    assert [message.thread for message in emulator.messages] == [thread, thread]
    emulator.say_in(FORUM, 8, "And?", reply_to=sent["message_id"])
    assert last(emulator)["message_thread_id"] == thread
    assert last(emulator)["reply_to_message"]["from"]["is_bot"]
    emulator.say_in(FORUM, 8, "In general?")
    assert "message_thread_id" not in last(emulator)
    await done(ask("sendChatAction", chat_id=-200, action="typing", message_thread_id=thread))
    assert emulator.actions == [(-200, "typing", thread)]
    with pytest.raises(ValueError, match="there is no message 99"):
        emulator.say_in(FORUM, 7, "Why?", reply_to=99)


async def test_threads_of_replies_are_no_topics(emulator: Emulator, ask: Ask) -> None:
    emulator.say_in(GROUP, 7, "Why?")
    root = emulator.last_message_id
    emulator.say_in(GROUP, 8, "Indeed, why?", reply_to=root)
    message = last(emulator)
    assert message["message_thread_id"] == root
    assert "is_topic_message" not in message
    params = {"chat_id": -100, "text": "x", "message_thread_id": root}
    await refused(ask("sendMessage", **params), 400, "message thread not found")


async def test_one_reaction_of_those_that_there_are_is_set(emulator: Emulator, ask: Ask) -> None:
    emulator.say_in(GROUP, 7, "Why?")
    place = {"chat_id": -100, "message_id": emulator.last_message_id}
    heart, made_up = {"type": "emoji", "emoji": "❤"}, {"type": "emoji", "emoji": "x"}
    await done(ask("setMessageReaction", **place, reaction=[heart]))
    assert emulator.posts.reactions == [(-100, emulator.last_message_id, "❤")]
    for refusal, reactions in (("TOO_MANY", [heart, heart]), ("INVALID", [made_up])):
        await refused(ask("setMessageReaction", **place, reaction=reactions), 400, refusal)
    gone = {**place, "message_id": 99}
    await refused(ask("setMessageReaction", **gone, reaction=[heart]), 400, "react not found")
    emulator.chats.no_reactions.add(-100)
    await refused(ask("setMessageReaction", **place, reaction=[heart]), 400, "REACTION_INVALID")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/ask why", ["/ask"]),
        ("🐦 @Emulated_bot why", ["@Emulated_bot"]),
        ("/ask@emulated_bot and /help.", ["/ask@emulated_bot", "/help"]),
        ("a@example.org and/or 1/2 /path/to <b>/</b>", []),
        ("(@somebody) //no", ["@somebody"]),
    ],
)
def test_commands_and_mentions_of_people_are_found(text: str, expected: list[str]) -> None:
    entities = typed(text)
    assert [cut(text, entity["offset"], entity["length"]) for entity in entities] == expected
